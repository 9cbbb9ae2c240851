// A payload type that was registered at run time, declared once.
declare module "vxdata/client" {
  interface Payloads {
    readonly scan_report: {
      readonly score: number;
      readonly reader?: string;
      readonly grade?: "low" | "high";
      readonly tags?: readonly string[];
      readonly details?: Readonly<Record<string, unknown>>;
    };
  }
}

/** The name of that type. */
export type Declared = "scan_report";
