// A name at a running hub: a second, different cluster under it is refused until a person's new token says otherwise.

import { joinClient } from "@sealane/wire";
import { expect, it, onTestFinished } from "vitest";
import { TestAgent, credentialsOf, joinNew, pem } from "./testing/agent.ts";
import { certificateRequest } from "./testing/certificate-request.ts";
import { testHub } from "./testing/hub.ts";
import { sameDoors, until } from "./testing/members.ts";

it("refuses another cluster with a copied or renewed certificate, and lets one with a new token replace the first (MCS 3)", async () => {
  const hub = await testHub();
  const certificate = await joinNew(hub, "a");
  const { sessionAddress: address } = hub;
  const first = new TestAgent({ address, cluster: "a", certificate, incarnation: "one" });
  await until(() => expect(first.connected).toBe(true));
  const refusal = /Another cluster speaks as "a" since .* its incarnation is "one", and this one's is "two"/;

  const copied = new TestAgent({ address, cluster: "a", certificate, epoch: 2n, incarnation: "two" });
  await until(() => expect(copied.errors[0]).toMatch(refusal));
  copied.client.close();
  const renewal = joinClient(address, credentialsOf(certificate));
  onTestFinished(() => renewal.close());
  const { request, key } = await certificateRequest();
  const renewed = await renewal.renew({ certificateRequest: request });
  const renewedCertificate = {
    certificate: pem(renewed.certificate),
    key: Buffer.from(key),
    authority: hub.authority,
  };
  const renewing = { address, cluster: "a", certificate: renewedCertificate, epoch: 2n, incarnation: "two" };
  const again = new TestAgent(renewing);
  await until(() => expect(again.errors[0]).toMatch(refusal));
  again.client.close();
  expect(first.connected).toBe(true);

  const second = new TestAgent({ ...renewing, certificate: await joinNew(hub, "a") });
  await until(() => expect(second.connected).toBe(true));
  await until(() => expect(first.errors.at(-1)).toMatch(/its incarnation is "two", and this one's is "one"/));
  for (const agent of [first, second]) agent.client.close();

  await hub.close();
  const after = await testHub({ data: hub.data, ...sameDoors(hub) });
  const late = new TestAgent({
    address: after.sessionAddress,
    cluster: "a",
    certificate,
    epoch: 9n,
    incarnation: "one",
  });
  await until(() => expect(late.errors[0]).toMatch(/its incarnation is "two"/));
});
