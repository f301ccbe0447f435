import type { Messages } from "../t";
import admin from "./admin";
import auth from "./auth";
import chat from "./chat";
import components from "./components";
import dashboard from "./dashboard";
import live from "./live";
import fresh from "./new";
import palette from "./palette";
import ports from "./ports";
import preview from "./preview";
import repository from "./repository";
import review from "./review";
import settings from "./settings";
import setup from "./setup";
import sharing from "./sharing";
import templates from "./templates";
import workspace from "./workspace";

/** One file for each folder below features; a text that several use is in components. */
export default { ...admin, ...auth, ...chat, ...components, ...dashboard, ...live, ...fresh, ...palette, ...ports, ...preview, ...repository, ...review, ...settings, ...setup, ...sharing, ...templates, ...workspace } satisfies Messages;
