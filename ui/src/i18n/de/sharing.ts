import type { Messages } from "../t";

export default {} satisfies Messages;
