import type { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, ProjectionType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";

interface StorageProps {
  readonly isKept: boolean;
  readonly removal: RemovalPolicy;
}

const partitionKey = { name: "pk", type: AttributeType.STRING };
const BY_COLLECTION = "byCollection";

/** What operators decide (`control`), and what comes and goes with the calls (`live`). */
export class Storage extends Construct {
  readonly control: TableV2;
  readonly live: TableV2;

  constructor(scope: Construct, id: string, { isKept, removal }: StorageProps) {
    super(scope, id);
    this.control = new TableV2(this, "Control", {
      partitionKey,
      // It tells which ids are in a collection; their values are read from the table, where they are never behind.
      globalSecondaryIndexes: [
        {
          indexName: BY_COLLECTION,
          partitionKey: { name: "collection", type: AttributeType.STRING },
          sortKey: { name: "id", type: AttributeType.STRING },
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
      billing: Billing.onDemand(),
      timeToLiveAttribute: "ttl",
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: isKept,
      removalPolicy: removal,
    });
    // Nobody lists what lives here, and an index would put every cached answer into one partition.
    this.live = new TableV2(this, "Live", {
      partitionKey,
      billing: Billing.onDemand(),
      timeToLiveAttribute: "ttl",
      removalPolicy: removal,
    });
  }

  /** The two statements are apart because `Query` is for the index only: the table itself is never searched. */
  grantReadControl(grantee: IGrantable): void {
    const { tableArn } = this.control;
    Grant.addToPrincipal({ grantee, actions: ["dynamodb:GetItem", "dynamodb:BatchGetItem"], resourceArns: [tableArn] });
    Grant.addToPrincipal({ grantee, actions: ["dynamodb:Query"], resourceArns: [`${tableArn}/index/${BY_COLLECTION}`] });
  }

  grantReadWriteLive(grantee: IGrantable): void {
    const actions = ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"].map((action) => `dynamodb:${action}`);
    Grant.addToPrincipal({ grantee, actions, resourceArns: [this.live.tableArn] });
  }
}
