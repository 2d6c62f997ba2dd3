import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";

interface OperatorsProps {
  readonly address: string;
  readonly monthlyBudgetUsd?: number | undefined;
}

/** Who is told when something is wrong, or dear. The address has to confirm the mail of the topic once. */
export class Operators extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { address, monthlyBudgetUsd }: OperatorsProps) {
    super(scope, id);
    this.topic = new Topic(this, "Topic", { enforceSSL: true });
    this.topic.addSubscription(new EmailSubscription(address));
    if (monthlyBudgetUsd !== undefined) budget(this, address, monthlyBudgetUsd);
  }
}

/** Said when half and when all of it is spent, and when the month is going to end above it. */
function budget(scope: Construct, address: string, amount: number): void {
  const told = (notificationType: "ACTUAL" | "FORECASTED", threshold: number): CfnBudget.NotificationWithSubscribersProperty => ({
    notification: { notificationType, threshold, thresholdType: "PERCENTAGE", comparisonOperator: "GREATER_THAN" },
    subscribers: [{ subscriptionType: "EMAIL", address }],
  });
  new CfnBudget(scope, "Budget", {
    budget: { budgetType: "COST", timeUnit: "MONTHLY", budgetLimit: { amount, unit: "USD" } },
    notificationsWithSubscribers: [told("ACTUAL", 50), told("ACTUAL", 100), told("FORECASTED", 100)],
  });
}
