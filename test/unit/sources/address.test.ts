import { describe, expect, test } from "vitest";
import { checkAddress } from "../../../src/objects/pipelines/address.ts";

const refusal = (address: string, mayBePrivate = false): string | null => {
  try {
    checkAddress(address, mayBePrivate);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};

describe("the address of a source", () => {
  test.each([
    "https://raw.example.org/a.csv",
    "https://example.org:8443/a.csv?b=c",
    "https://8.8.8.8/a.csv",
    "https://172.15.0.1/",
    "https://172.32.0.1/",
    "https://100.63.0.1/",
    "https://[2606:4700::1111]/a",
    "https://xn--bcher-kva.example/",
    "https://example.org./a.csv",
    "https://my_bucket.s3.example.com/",
    "https://[64:ff9b::808:808]/",
  ])("%s is accepted", (address) => {
    expect(refusal(address)).toBeNull();
  });

  test.each([
    "http://raw.example.org/a.csv",
    "ftp://raw.example.org/a.csv",
    "file:///etc/passwd",
    "data:text/csv,a",
    "javascript:alert(1)",
    "https://user:secret@raw.example.org/",
    "https://localhost/",
    "https://a.localhost./",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://017700000001/",
    "https://0/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[2001::1]/",
    "https://localhost../",
    "https://127.0.0.1../",
    "https://example.org../",
    "https://.../",
    "https://a..b.example/",
    "https://localhost%2e/",
    "https://localhost.localdomain/",
    "https://ip6-localhost/",
    "https://xn--/",
    "https://\uFF4C\uFF4F\uFF43\uFF41\uFF4C\uFF48\uFF4F\uFF53\uFF54/",
    "https://loc\u00ADalhost/",
    "https://\uFF11\uFF12\uFF17.0.0.1/",
    "https://\u246027.0.0.1/",
    "https://127\u30020\u30020\u30021/",
    "https://0177.1/",
    "https://127.0.0.1./",
    "https://nas.home.arpa/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://files.lan/",
    "https://files.localnet/",
    "https://[64:ff9b:1::808:808]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[2001:0:1::1]/",
    `https://${"a.".repeat(130)}example/`,
    "not an address",
    "",
  ])("%s is refused, and not repeated", (address) => {
    const message = refusal(address) ?? "";
    expect(message).toMatch(/^the source's address/);
    expect(address !== "" && message.includes(address)).toBe(false);
  });

  test("may be a private one, or http, with the setting", () => {
    expect(refusal("http://127.0.0.1:8080/a.csv", true)).toBeNull();
    expect(refusal("https://localhost/a.csv", true)).toBeNull();
    expect(refusal("file:///etc/passwd", true)).not.toBeNull();
    expect(refusal("http://user@127.0.0.1/", true)).not.toBeNull();
  });
});
