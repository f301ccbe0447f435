/**
 * The API's types under the names the pages use. They are generated from the server's
 * (`make gen`); this is the one module that knows the generated names.
 */
import type { components } from "./types.gen";

type Schemas = components["schemas"];

export type Workspace = Schemas["Workspace"];
export type WorkspaceStatus = Workspace["status"];
export type CreateWorkspace = Schemas["CreateWorkspaceInputBody"];
export type UpdateWorkspace = Schemas["UpdateWorkspaceInputBody"];

export type WorkspacePort = Schemas["WorkspacePort"];
export type PortVisibility = WorkspacePort["visibility"];
/** What is not sent is set to its default. */
export type SetPort = Schemas["PortInputBody"];

export type Account = Schemas["Account"];
export type Me = Schemas["MeOutputBody"];
export type UpdateMe = Schemas["ProfileInputBody"];

export type Login = Schemas["LoginInputBody"];
export type Signup = Schemas["SignupInputBody"];
export type Provider = Schemas["Provider"];
export type Providers = Schemas["ProvidersOutputBody"];

export type Session = Schemas["Session"];
export type Token = Schemas["Token"];
export type CreateToken = Schemas["CreateTokenInputBody"];
/** A token just made: the only time the secret is known. */
export type NewToken = Schemas["CreateTokenOutputBody"];
export type Invitation = Schemas["Invitation"];
export type CreateInvitation = Schemas["CreateInvitationInputBody"];
/** An invitation just made: the only time the link is known. */
export type NewInvitation = Schemas["CreateInvitationOutputBody"];

/** Cost is null when the provider did not tell it and no price is known. */
export type Chat = Omit<Schemas["Chat"], "cost"> & { cost: number | null };
export type ChatMode = Chat["mode"];
/** What can be set on a chat. */
export type ChatChange = Schemas["UpdateChatInputBody"];
export type Answer = Schemas["AnswerApprovalInputBody"];
export type Scope = NonNullable<Answer["scope"]>;
/** What restoring a checkpoint would undo. */
export type CheckpointDiff = Schemas["Diff"];
export type Restore = Schemas["RestoreCheckpointInputBody"];
export type RestoreResult = Schemas["RestoreCheckpointOutputBody"];
export type Model = Schemas["AgentModel"];
/** What the agent may use and cost, for the one who asks. */
export type AgentSettings = Schemas["Agent"];
export type AgentChange = Schemas["UpdateAgentInputBody"];

export type FieldError = Schemas["FieldError"];

/** The shape of every list. */
export interface Page<T> {
  items: T[];
  /** Present when there is more. */
  nextCursor?: string;
}

/** One line of a start log, as its event stream sends it. */
export interface LogLine {
  /** Numbers the lines of a workspace, over all its starts. */
  seq: number;
  time: string;
  phase: string;
  text: string;
  /** Milliseconds since the start was begun. */
  elapsed: number;
}
