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
/** Something the latest start could not do; the workspace runs without it. */
export type WorkspaceNotice = Schemas["Notice"];
export type NoticeKind = WorkspaceNotice["kind"];

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

/** The signed-in user's connection to the GitHub this installation is set to. */
export type GitHubStatus = Schemas["GitHubStatus"];
export type GitHubRepository = Schemas["Repository"];
/** With the template its files suggest. */
export type GitHubRepositoryDetails = Schemas["FoundRepository"];
export type GitHubBranch = Schemas["Branch"];
/** The repository of a workspace and its latest events, newest first. */
export type WorkspaceRepository = Schemas["WorkspaceRepository"];
export type RepositoryEvent = Schemas["RepositoryEvent"];
/** Work in a workspace that is nowhere else. */
export type UnpushedWork = Schemas["UnpushedWork"];
export type UnpushedRepository = Schemas["UnpushedRepository"];
export type UnpushedBranch = Schemas["UnpushedBranch"];
export type GitCredential = Schemas["GitCredential"];
export type SetGitCredential = Schemas["PutInputBody"];

export type Template = Schemas["Template"];
/** What a workspace made from a template has. Everything may be empty. */
export type Definition = Schemas["TemplateDefinition"];
export type TemplatePort = Schemas["TemplatePort"];
export type TemplateVersion = Schemas["TemplateVersion"];
export type CreateTemplate = Schemas["CreateTemplateInputBody"];
/** What is not sent stays. */
export type UpdateTemplate = Schemas["UpdateTemplateInputBody"];
/** What can be checked: a definition, or Nix text alone. */
export type Checkable = Schemas["ValidateTemplateInputBody"];
export type CheckResult = Schemas["ValidateTemplateOutputBody"];
export type Finding = Schemas["TemplateProblem"];
/** A workspace made to see whether a template runs. */
export type Trial = Schemas["TryTemplateOutputBody"];

export type Variable = Schemas["Variable"];
export type SetVariable = Schemas["SetVariableInputBody"];

/** With its place, where the field is text with lines. */
export type FieldError = Schemas["FieldError"];

/** What somebody may do with a workspace; each right has those before it. "" is none, as
 *  administrators have it over workspaces of others. */
export type Right = Workspace["right"];
export type Person = Schemas["Person"];
export type Share = Schemas["Share"];
export type ShareRight = Share["right"];
/** A link that opens one port to whoever has it. */
export type PortLink = Schemas["PortLink"];
/** A link just made: the only time its address is known. */
export type NewPortLink = Schemas["CreateLinkOutputBody"];
export type CreatePortLink = Schemas["CreateLinkInputBody"];

/** What is measured of a running workspace while somebody looks. */
export type WorkspaceFacts = Schemas["WorkspaceFacts"];

/** A request that came to a port while somebody was looking. */
export type Inspected = Schemas["Inspected"];
export type InspectedBody = Schemas["InspectedBody"];
export type InspectedRequest = Omit<Schemas["InspectedRequest"], "requestHeaders" | "responseHeaders"> & {
  requestHeaders: [string, string][];
  responseHeaders: [string, string][];
};

/** What a reviewer sees of a workspace. */
export type Review = Schemas["Review"];
export type ReviewChange = Schemas["ReviewChange"];
export type ReviewDiff = Schemas["ReviewDiff"];
export type ReviewFile = Schemas["ReviewFile"];
export type ReviewEntry = Schemas["ReviewEntry"];

/** One thing the installation needs, and whether it is so. */
export type Check = Schemas["Check"];
export type Setup = Schemas["SetupOutputBody"];
export type Health = Schemas["AdminHealthOutputBody"];
export type Figures = Schemas["Figures"];
export type AdminUser = Schemas["AdminUser"];
export type AuditRecord = Schemas["AuditRecord"];
/** A page of all workspaces of the installation. */
export type AdminWorkspaces = Schemas["SurveyOutputBody"];

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
  /** How much of what the line is about is done, 0 to 100. */
  percent?: number;
  /** The number of an earlier line whose place this one takes. */
  replaces?: number;
}
