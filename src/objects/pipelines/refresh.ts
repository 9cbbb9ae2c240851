const PATIENCE_MILLIS = 10_000;

/**
 * Notifies a pipelines service of new revisions, so that it fetches what is planned. True when it
 * responded 200.
 *
 * @param base its address, with a slash at the end.
 */
export async function refreshPipelines(base: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MILLIS);
    const response = await fetch(`${base}api/refresh`, { redirect: "manual", signal });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
