import { GatewayError } from "../../shared/contracts/error.ts";

/** Why a call was ended from outside: the runtime has no more time and says so, or else the client has left. */
export const reasonOf = ({ reason }: AbortSignal): GatewayError =>
  reason instanceof GatewayError ? reason : new GatewayError("client_closed", "the client closed the connection");

/** Nobody reads the answer any more. */
export const hasLeft = (signal: AbortSignal): boolean => signal.aborted && reasonOf(signal).code === "client_closed";
