// Calls the sandbox through the published jsforce, one named check per run: node judge_jsforce.mjs CHECK.
// The environment names the server and the person; a failed assertion is a non-zero exit.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.JSFORCE_HOME}/`);
const jsforce = require('jsforce');
const { SF_URL, SF_TOKEN, SF_REFRESH, SF_CLIENT, SF_SECRET, SF_USERNAME, SF_PASSWORD, SF_USER } = process.env;
const CALLBACK = 'http://localhost:51721/daybridge/callback';

const connect = (version = '67.0', more = {}) =>
  new jsforce.Connection({ instanceUrl: SF_URL, accessToken: SF_TOKEN, version, ...more });
const hour = (n) => new Date(Math.floor(Date.now() / 3600000) * 3600000 + n * 3600000).toISOString();
const rejects = async (promise, code) => assert.rejects(promise, (e) => e.errorCode === code || assert.fail(`${e.errorCode}: ${e.message}`));

const checks = {
  async crud() {
    const conn = connect();
    const made = await conn.sobject('Event').create({ Subject: 'Visit', StartDateTime: hour(1), EndDateTime: hour(2) });
    assert.equal(made.success, true);
    const read = await conn.sobject('Event').retrieve(made.id);
    assert.equal(read.Subject, 'Visit');
    assert.equal(read.attributes.type, 'Event');
    assert.equal((await conn.sobject('Event').update({ Id: made.id, Location: 'Leeds' })).success, true);
    assert.equal((await conn.sobject('Event').retrieve(made.id)).Location, 'Leeds');
    assert.equal((await conn.sobject('Event').destroy(made.id)).success, true);
    await rejects(conn.sobject('Event').retrieve(made.id), 'ENTITY_IS_DELETED');
    await rejects(conn.sobject('Event').create({ Subject: 'x'.repeat(300), StartDateTime: hour(1), EndDateTime: hour(2) }), 'STRING_TOO_LONG');
  },

  async collections() {
    const conn = connect();
    const names = Array.from({ length: 250 }, (_, n) => ({ Name: `Many ${n}` }));
    const made = await conn.sobject('Account').create(names, { allowRecursive: true });
    assert.equal(made.length, 250);
    assert.ok(made.every((r) => r.success));
    const ids = made.map((r) => r.id).slice(0, 20);
    const read = await conn.sobject('Account').retrieve(ids);
    assert.deepEqual(read.map((r) => r.Name), names.slice(0, 20).map((r) => r.Name));
    const changed = await conn.sobject('Account').update(ids.map((Id) => ({ Id, Site: 'HQ' })));
    assert.ok(changed.every((r) => r.success));
    const gone = await conn.sobject('Account').destroy(ids);
    assert.ok(gone.every((r) => r.success));
    assert.ok((await conn.sobject('Account').retrieve(ids)).every((r) => r === null));
    const mixed = await conn.sobject('Account').create([{ Name: 'ok' }, { Nothing: 1 }]);
    assert.deepEqual(mixed.map((r) => r.success), [true, false]);
    assert.equal(mixed[1].errors[0].statusCode, 'INVALID_FIELD');
    const none = await conn.sobject('Account').create([{ Name: 'ok' }, { Nothing: 1 }], { allOrNone: true });
    assert.equal(none[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK');
  },

  async upsert() {
    for (const version of ['45.0', '50.0', '67.0']) {
      const conn = connect(version);
      const table = conn.sobject('UpsertTable__c');
      const key = `k${version}`;
      const first = await table.upsert({ Name: 'one', ExtId__c: key }, 'ExtId__c');
      assert.equal(first.success, true);
      const second = await table.upsert({ Name: 'two', ExtId__c: key }, 'ExtId__c');
      assert.equal(second.success, true);
      if (version !== '45.0') assert.deepEqual([first.created, second.created, second.id], [true, false, first.id]);
      assert.equal((await table.retrieve(first.id)).Name, 'two');
      await table.create({ Name: 'twin', ExtId__c: key });
      await rejects(table.upsert({ Name: 'three', ExtId__c: key }, 'ExtId__c'), 'MULTIPLE_CHOICES');
      const many = await table.upsert([{ Name: 'a', ExtId__c: `${key}a` }, { Name: 'b', ExtId__c: `${key}b` }], 'ExtId__c');
      assert.ok(many.every((r) => r.success));
    }
    const table = connect('50.0').sobject('UpsertTable__c');
    const rows = await table.upsert([{ Name: 'x', ExtId__c: 'x' }, { Name: 'y', ExtId__c: 'y', OwnerId: 'bad' }], 'ExtId__c', { allOrNone: true });
    assert.deepEqual(rows.map((r) => [r.success, r.created, r.errors[0].statusCode]), [
      [false, true, 'ALL_OR_NONE_OPERATION_ROLLED_BACK'],
      [false, true, 'MALFORMED_ID'],
    ]);
  },

  async paging() {
    const conn = connect('50.0');
    const all = await conn.query('SELECT Id, Name FROM BigTable__c').run({ autoFetch: true, maxFetch: 10000 });
    assert.equal(all.totalSize, 5200);
    assert.equal(new Set(all.records.map((r) => r.Id)).size, 5200);
    let page = await conn.query('SELECT Id FROM BigTable__c').run({ autoFetch: false });
    assert.equal(page.records.length, 2000);
    let found = page.records.length;
    while (!page.done) {
      page = await conn.queryMore(page.nextRecordsUrl);
      found += page.records.length;
    }
    assert.equal(found, 5200);
  },

  async subqueries() {
    const conn = connect('50.0');
    const { id } = await conn.sobject('Account').create({ Name: 'Crowded' });
    const people = Array.from({ length: 230 }, (_, n) => ({ LastName: `Person ${n}`, AccountId: id }));
    assert.ok((await conn.sobject('Contact').create(people, { allowRecursive: true })).every((r) => r.success));
    const tasks = Array.from({ length: 210 }, (_, n) => ({ Subject: `Call ${n}`, WhatId: id }));
    assert.ok((await conn.sobject('Task').create(tasks, { allowRecursive: true })).every((r) => r.success));
    const soql = "SELECT Id, (SELECT LastName FROM Contacts), (SELECT Subject FROM Tasks) FROM Account WHERE Name = 'Crowded'";
    const [first] = (await conn.query(soql).autoFetch(false).execute()).records;
    assert.deepEqual([first.Contacts.done, first.Contacts.totalSize, first.Contacts.records.length], [false, 230, 200]);
    const [whole] = (await conn.query(soql).autoFetch(true).execute()).records;
    assert.deepEqual([whole.Contacts.done, new Set(whole.Contacts.records.map((r) => r.LastName)).size], [true, 230]);
    assert.deepEqual([whole.Tasks.done, new Set(whole.Tasks.records.map((r) => r.Subject)).size], [true, 210]);
  },

  async query() {
    const conn = connect('50.0');
    const made = await conn.sobject('Account').create(Array.from({ length: 20 }, (_, n) => ({ Name: `New Q ${n}`, BillingState: 'CA' })));
    const changed = await conn.sobject('Account').find({ Name: { $like: 'New Q %' } }).update({ Name: '${Name} (Updated)', BillingState: null });
    assert.equal(changed.length, 20);
    const rows = await conn.sobject('Account').find({ Name: { $like: 'New Q %' } }, 'Id, Name, BillingState');
    assert.ok(rows.length === 20 && rows.every((r) => r.Name.endsWith('(Updated)') && r.BillingState === null));
    assert.equal((await conn.sobject('Account').find({ CreatedDate: { $lt: new jsforce.SfDate('1970-01-01T00:00:00Z') } })).length, 0);
    const gone = await conn.sobject('Account').find({ Name: { $like: 'New Q %' } }).destroy();
    assert.ok(gone.length === 20 && gone.every((r) => r.success));
    const deleted = await conn.query('SELECT Id FROM Account WHERE IsDeleted = true').run({ scanAll: true });
    assert.ok(deleted.totalSize >= made.length);
    const plan = await conn.query('SELECT Id FROM Account LIMIT 1').explain();
    assert.equal(plan.plans[0].sobjectType, 'Account');
    await rejects(conn.query('SELECT Nothing FROM Account'), 'INVALID_FIELD');
    await rejects(conn.query('SELECT Id FROM'), 'MALFORMED_QUERY');
  },

  async bulk() {
    const conn = connect('50.0');
    conn.bulk.pollInterval = 50;
    const wanted = [...Array.from({ length: 230 }, (_, n) => ({ Name: `Load ${n}`, BillingState: 'CA' })), { BillingState: 'CA' }];
    const made = await conn.bulk.load('Account', 'insert', wanted);
    assert.deepEqual(made.map((r) => r.success), wanted.map((r) => Boolean(r.Name)));
    assert.match(made[230].errors[0], /^REQUIRED_FIELD_MISSING:/);
    const found = () => conn.sobject('Account').find({ Name: { $like: 'Load %' } }, 'Id, Name, BillingState');
    const changed = await found().update({ Name: '${Name} again', BillingState: null });
    assert.ok(changed.length === 230 && changed.every((r) => r.success));
    assert.ok((await found()).every((r) => r.Name.endsWith(' again') && r.BillingState === null));
    const gone = await found().destroy();
    assert.ok(gone.length === 230 && gone.every((r) => r.success));
    const stranger = connect('50.0', { accessToken: 'nobody' });
    await assert.rejects(Promise.resolve(stranger.bulk.load('Account', 'insert', [{ Name: 'x' }])), (e) => e.name === 'InvalidSessionId');
  },

  async sobject() {
    const conn = connect('50.0');
    const Account = conn.sobject('Account');
    const Opportunity = conn.sobject('Opportunity');
    assert.ok((await Account.find()).length > 0);
    assert.ok((await Account.count({ Name: { $like: 'Acme%' } })) === 1);
    const sorted = await Opportunity.find({}, { 'Account.Name': 1, CloseDate: 1 }).sort('Account.Name -CloseDate').exec();
    assert.ok(sorted.length > 1);
    for (let n = 1; n < sorted.length; n += 1) assert.ok(sorted[n - 1].Account.Name <= sorted[n].Account.Name);
    const star = await Opportunity.select('*, Account.*, Owner.Name').exec();
    assert.ok(star.every((r) => typeof r.Account.Name === 'string' && typeof r.Owner.Name === 'string'));
    const parents = await Account.find(null, 'Id').include('Contacts').select('*').limit(2).end().include('Opportunities', null, 'Id, Name', { limit: 2 }).end().exec();
    assert.ok(parents.some((r) => r.Contacts && r.Contacts.records.length > 0));
    assert.ok(Array.isArray((await Account.layouts()).layouts));
    assert.ok(Array.isArray((await conn.sobject('User').layouts('UserAlt')).layouts));
    assert.ok(Array.isArray((await Account.compactLayouts()).compactLayouts));
    assert.ok(Array.isArray((await Account.approvalLayouts()).approvalLayouts));
    const views = (await Account.listviews()).listviews;
    assert.equal((await Account.listview(views[0].id).describe()).sobjectType, 'Account');
    assert.equal((await Account.listview(views[0].id).results()).done, true);
    assert.ok((await Account.listview(views[0].id).explain()).plans.length > 0);
  },

  async meta() {
    const conn = connect();
    const event = await conn.sobject('Event').describe();
    assert.equal(event.fields.find((f) => f.name === 'Subject').length, 255);
    assert.ok((await conn.describeGlobal()).sobjects.some((o) => o.name === 'Event'));
    await conn.query('SELECT Id, Name FROM Account LIMIT 2 FOR VIEW');
    assert.ok((await conn.recent(2)).every((r) => r.attributes.type === 'Account' && typeof r.Name === 'string'));
    assert.ok(Array.isArray(await conn.sobject('Account').recent()));
    const [kept, lost] = await conn.sobject('Account').create([{ Name: 'kept' }, { Name: 'lost' }]);
    await conn.sobject('Account').destroy(lost.id);
    const end = new Date(Date.now() + 60000);
    const start = new Date(end.getTime() - 86400000);
    assert.ok((await conn.sobject('Account').updated(start, end)).ids.includes(kept.id));
    assert.ok((await conn.sobject('Account').deleted(start.toString(), end.toString())).deletedRecords.some((r) => r.id === lost.id));
    const minute = new Date(end.getTime() - 60000);
    assert.ok(Array.isArray((await conn.sobject('Account').updated(minute.toString(), end.toString())).ids));
    assert.ok(Array.isArray((await conn.sobject('Account').deleted(minute, end)).deletedRecords));
    assert.ok(Array.isArray(await conn.tabs()));
    assert.ok(Array.isArray((await conn.theme()).themeItems));
    assert.ok((await conn.search('FIND {Ac*} IN ALL FIELDS RETURNING Account(Id, Name)')).searchRecords.length > 0);
    assert.equal((await conn.search('FIND {"kept"} IN NAME FIELDS RETURNING Account(Id, Name)')).searchRecords.length, 1);
    const limits = await conn.limits();
    assert.equal(limits.DailyApiRequests.Max, conn.limitInfo.apiUsage.limit);
    assert.equal(limits.DailyApiRequests.Max - limits.DailyApiRequests.Remaining, conn.limitInfo.apiUsage.used);
    const me = await conn.identity();
    assert.ok(me.id.startsWith('https://'));
    assert.equal(me.user_id, SF_USER);
  },

  async password() {
    const conn = new jsforce.Connection({ oauth2: { loginUrl: SF_URL, clientId: SF_CLIENT, clientSecret: SF_SECRET, redirectUri: CALLBACK } });
    const info = await conn.loginByOAuth2(SF_USERNAME, SF_PASSWORD);
    assert.equal(info.id, SF_USER);
    assert.equal((await conn.query('SELECT COUNT() FROM Event')).totalSize, 0);
    assert.equal((await conn.identity()).user_id, SF_USER);
    await conn.logout(true);
  },

  async code() {
    const oauth2 = new jsforce.OAuth2({ loginUrl: SF_URL, clientId: SF_CLIENT, redirectUri: CALLBACK, useVerifier: true });
    const reply = await fetch(oauth2.getAuthorizationUrl({ state: 'hello', scope: 'api refresh_token' }), { redirect: 'manual' });
    const where = new URL(reply.headers.get('location'));
    assert.equal(where.searchParams.get('state'), 'hello');
    const tokens = await oauth2.requestToken(where.searchParams.get('code'));
    assert.equal(tokens.instance_url, SF_URL);
    const next = await oauth2.refreshToken(tokens.refresh_token);
    assert.notEqual(next.access_token, tokens.access_token);
    await assert.rejects(oauth2.refreshToken(tokens.refresh_token), (e) => e.name === 'invalid_grant');
    await assert.rejects(connect('67.0', { accessToken: next.access_token }).limits(), (e) => e.errorCode === 'INVALID_SESSION_ID');
  },

  async refresh() {
    const conn = connect('67.0', {
      accessToken: `${SF_TOKEN.split('!')[0]}!expired`,
      refreshToken: SF_REFRESH,
      oauth2: { loginUrl: SF_URL, clientId: SF_CLIENT, redirectUri: CALLBACK },
    });
    const seen = [];
    conn.on('refresh', (token, reply) => seen.push([token, reply.refresh_token]));
    assert.equal((await conn.query('SELECT Id FROM Account LIMIT 1')).totalSize, 1);
    assert.equal(seen.length, 1);
    assert.ok(seen[0][1] && seen[0][1] !== SF_REFRESH);
  },

  async revoke() {
    const oauth2 = new jsforce.OAuth2({ loginUrl: SF_URL, clientId: SF_CLIENT, redirectUri: CALLBACK });
    await oauth2.revokeToken(SF_TOKEN);
    await rejects(connect().limits(), 'INVALID_SESSION_ID');
  },
};

const check = checks[process.argv[2]];
assert.ok(check, `no check called ${process.argv[2]}`);
await check();
