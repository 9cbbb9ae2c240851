/** What the sources surface needs from the installation. */
import type { Config } from "../config.ts";
import {
  createPermissions,
  fixedKey,
  ownKeys,
  remoteKey,
  type Permission,
} from "../identity/permission.ts";
import { digestOf, sameDigest } from "../identity/secret.ts";
import { refreshPipelines } from "../objects/pipelines/refresh.ts";

/** Permission tokens, the authorization of reports, and the service that runs pipelines. */
export interface SourceServices {
  /** The claims of a permission token; undefined for an invalid token. */
  readonly permission: (token: string) => Promise<Permission | undefined>;
  /** True when an Authorization header permits reports of pipelines. */
  readonly mayReport: (authorization: string | undefined) => boolean;
  /** True: everybody may read the status of private datasets. */
  readonly isOpen: boolean;
  /**
   * Notifies the pipelines service of new revisions: true when it responded. Null: there is no
   * service.
   */
  readonly refresh: (() => Promise<boolean>) | null;
  /** Works on a dataset's revisions, for some time. */
  readonly work: (datasetId: string) => Promise<void>;
}

const permissionsOf = (config: Config) => {
  const { authServer, authPublicKey, authService, signingKeys } = config;
  const isOwn = authServer === null && authPublicKey === null;
  const remote = (): ReturnType<typeof ownKeys> =>
    authPublicKey === null
      ? remoteKey(authServer ?? "", () => Date.now())
      : fixedKey(authPublicKey);
  return createPermissions({
    keys: isOwn ? ownKeys(signingKeys) : remote(),
    isOwn,
    service: authService === "any" ? null : authService,
    nowMillis: () => Date.now(),
  });
};

/** Without a secret, reports are open in development and refused in production. */
const reporting = ({ pipelinesToken, environment }: Config): SourceServices["mayReport"] => {
  if (pipelinesToken === null) return () => environment === "development";
  const expected = digestOf(pipelinesToken);
  return (authorization = "") => {
    const [, token = ""] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    return sameDigest(digestOf(token), expected);
  };
};

const refreshOf = ({ pipelinesUrl }: Config): SourceServices["refresh"] =>
  pipelinesUrl === null ? null : () => refreshPipelines(pipelinesUrl);

/** The services of an installation. */
export function sourceServices(config: Config, work: SourceServices["work"]): SourceServices {
  return {
    permission: permissionsOf(config).read,
    mayReport: reporting(config),
    isOpen: config.privateSpecs === "open",
    refresh: refreshOf(config),
    work,
  };
}
