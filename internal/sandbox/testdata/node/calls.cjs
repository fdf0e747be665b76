// Makes every call of the four pages with the vendor's Node client, unchanged but for the base URL, against a sandbox with the
// portfolio of the Go tests. Says "ok page/call" for each, and ends with 1 where something is not as it should be.
"use strict";

const assert = require("node:assert/strict");
const { DNSimple } = require("dnsimple");

const baseUrl = process.env.SANDBOX_URL;
const main = new DNSimple({ baseUrl, accessToken: "main" });
const desk = new DNSimple({ baseUrl, accessToken: "desk" });

const ok = (call) => console.log("ok " + call);

async function pass(advance) {
  const response = await fetch(baseUrl + "/_sandbox/clock", { method: "POST", body: JSON.stringify({ advance }) });
  assert.equal(response.status, 200);
}

async function refused(promise, status, message) {
  await assert.rejects(promise, (err) => {
    assert.equal(err.status, status);
    assert.equal(err.data.message, message);
    return true;
  });
}

async function domains() {
  const list = await main.domains.listDomains(1, { name_like: "alpha", sort: "id:desc" });
  assert.deepEqual(list.data.map((d) => d.name), ["alpha.fi", "alpha.com"]);
  assert.equal((await main.domains.listDomains.collectAll(1, { per_page: 5 })).length, list.pagination.total_entries + 10);
  ok("domains/listDomains");
  const made = await main.domains.createDomain(1, { name: "new.com" });
  assert.equal(made.data.state, "hosted");
  await refused(main.domains.createDomain(1, { name: "fast.com" }), 406, "The ownership of fast.com must be verified before it can be added");
  ok("domains/createDomain");
  assert.equal((await main.domains.getDomain(1, "new.com")).data.id, made.data.id);
  ok("domains/getDomain");
  await main.domains.deleteDomain(1, "new.com");
  await assert.rejects(main.domains.getDomain(1, "new.com"), { status: 404 });
  ok("domains/deleteDomain");
}

async function registrar() {
  const checked = await main.registrar.checkDomain(1, "fancy.io");
  assert.deepEqual([checked.data.available, checked.data.premium], [true, true]);
  ok("registrar/checkDomain");
  const premium = await main.registrar.getDomainPremiumPrice(1, "fancy.io", { action: "renewal" });
  assert.deepEqual(premium.data, { premium_price: "340.00", action: "renewal" });
  ok("registrar/checkDomainPremiumPrice");
  assert.equal((await main.registrar.getDomainPrices(1, "fancy.io")).data.registration_price, 350);
  ok("registrar/getDomainPrices");
  await assert.rejects(main.registrar.registerDomain(1, "free.fi", { registrant_id: 11 }), (err) => {
    assert.deepEqual(err.attributeErrors(), { "x-id-number": "it's required" });
    return err.status === 400;
  });
  const registration = await main.registrar.registerDomain(1, "fancy.io", { registrant_id: 11, premium_price: "350.00", auto_renew: true });
  assert.equal(registration.data.state, "new");
  ok("registrar/registerDomain");
  const renewal = await main.registrar.renewDomain(1, "slow.com", { period: 2 });
  assert.equal(renewal.data.state, "new");
  ok("registrar/renewDomain");
  // The client has no method for restores.
  const restore = await main.request("POST", "/1/registrar/domains/redemption.com/restores", {}, {});
  assert.equal(restore.data.state, "new");
  ok("registrar/restoreDomain");
  await pass("1h");
  const registered = await main.registrar.getDomainRegistration(1, "fancy.io", registration.data.id);
  assert.deepEqual([registered.data.state, registered.data.auto_renew], ["registered", true]);
  ok("registrar/getDomainRegistration");
  assert.equal((await main.registrar.getDomainRenewal(1, "slow.com", renewal.data.id)).data.state, "renewed");
  ok("registrar/getDomainRenewal");
  const restored = await main.request("GET", `/1/registrar/domains/redemption.com/restores/${restore.data.id}`, null, {});
  assert.equal(restored.data.state, "restored");
  ok("registrar/getDomainRestore");

  await assert.rejects(main.registrar.transferDomain(1, "elsewhere.com", { registrant_id: 11 }), (err) => {
    assert.deepEqual(err.attributeErrors(), { base: ["You must provide an authorization code for the domain"] });
    return err.status === 400;
  });
  const transfer = await main.registrar.transferDomain(1, "elsewhere.com", { registrant_id: 11, auth_code: "right" });
  ok("registrar/transferDomain");
  await pass("1d");
  const cancelled = await main.registrar.cancelDomainTransfer(1, "elsewhere.com", transfer.data.id);
  assert.equal(cancelled.data.state, "transferring");
  ok("registrar/cancelDomainTransfer");
  const ended = await main.registrar.getDomainTransfer(1, "elsewhere.com", transfer.data.id);
  assert.deepEqual([ended.data.state, ended.data.status_description], ["cancelled", "Canceled by customer"]);
  ok("registrar/getDomainTransfer");
  await main.registrar.transferDomainOut(1, "alpha.com");
  ok("registrar/authorizeDomainTransferOut");
}

async function pushes() {
  const one = await main.domains.initiatePush(1, "alpha.com", { new_account_identifier: "01890000-0000-7000-8000-00000000000d" });
  const two = await main.domains.initiatePush(1, "stubborn.com", { new_account_email: "desk@example.com" });
  ok("pushes/initiateDomainPush");
  assert.deepEqual((await desk.domains.listPushes(2)).data.map((p) => p.id), [one.data.id, two.data.id]);
  ok("pushes/listPushes");
  await desk.domains.acceptPush(2, one.data.id, { contact_id: 22 });
  assert.equal((await desk.domains.getDomain(2, "alpha.com")).data.registrant_id, 22);
  ok("pushes/acceptPush");
  await desk.domains.rejectPush(2, two.data.id);
  assert.deepEqual((await desk.domains.listPushes(2)).data, []);
  ok("pushes/rejectPush");
}

async function changes() {
  const needs = await main.registrar.checkRegistrantChange(1, { domain_id: "alpha.fi", contact_id: 13 });
  assert.deepEqual(needs.data.extended_attributes.map((a) => a.name), ["x-id-number", "x-kind"]);
  ok("registrant-changes/checkRegistrantChange");
  const begun = await main.registrar.createRegistrantChange(1, {
    domain_id: "alpha.fi", contact_id: 13, extended_attributes: { "x-id-number": "7" },
  });
  assert.equal(begun.data.state, "new");
  ok("registrant-changes/createRegistrantChange");
  assert.equal((await main.registrar.getRegistrantChange(1, begun.data.id)).data.contact_id, 13);
  ok("registrant-changes/getRegistrantChange");
  assert.equal((await main.registrar.listRegistrantChanges(1, { state: "new", domain_id: 110 })).data.length, 1);
  ok("registrant-changes/listRegistrantChanges");
  assert.deepEqual(await main.registrar.deleteRegistrantChange(1, begun.data.id), {});
  ok("registrant-changes/deleteRegistrantChange");
}

async function beside() {
  assert.equal((await main.identity.whoami()).data.account.id, 1);
  assert.equal((await main.accounts.listAccounts()).data.length, 1);
  assert.equal((await main.contacts.listContacts(1)).data.length, 3);
  assert.equal((await main.tlds.getTld("fi")).data.tld, "fi");
  assert.equal((await main.tlds.getTldExtendedAttributes("fi")).data.length, 2);
  await main.registrar.enableDomainAutoRenewal(1, "stubborn.com");
  await main.registrar.disableDomainAutoRenewal(1, "stubborn.com");
  assert.deepEqual((await main.billing.listCharges(1)).data.map((c) => c.total_amount), ["350.00", "30.00", "95.00"]);
  ok("beside");
}

(async () => {
  for (const page of [domains, registrar, pushes, changes, beside]) {
    await page();
  }
})().catch((err) => {
  console.error(err);
  process.exit(1);
});
