using System.Net;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Migrations;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests a release with a new migration that is rolled out and rolled back during a meeting.</summary>
[Collection(ReplicasCollection.Name)]
public sealed class SchemaUpgradeTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    [Fact]
    public async Task Migration_AdditiveRolledOutAndBack_KeepsMeetingsRunning()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");

        // The first replica of the new release applies its migration.
        await ApplyAsync(known => new Migration(9999, "9999_expand", $"-- min-reader: {known}\nALTER TABLE chat_messages ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'"));
        await ChatAsync(ann, bob, "while it is rolled out");

        // After a rollback, a replica of this release starts with the newer schema.
        await using var rolledBack = await TestSignaling.StartAsync(cluster, _ => b.Options with { ReplicaId = Guid.NewGuid().ToString("N") });
        await using var carl = await rolledBack.EnterAsync(meeting.MeetingId, "Carl");
        await ChatAsync(carl, ann, "after the rollback");
        await carl.ExpectAsync("offer");
        Assert.True(node.Read(meeting.MeetingId, room => room.Participants.ContainsKey(ann.Id) && room.Participants.ContainsKey(bob.Id)));
        Assert.All(new[] { ann, bob }, client => Assert.Empty(client.OfType("participant-left").Concat(client.OfType("media-restart"))));
    }

    [Fact]
    public async Task Migration_IncompatibleWithOldRelease_KeepsOldReplicaUnready()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ApplyAsync(_ => new Migration(9999, "9999_contract", "ALTER TABLE chat_messages ADD COLUMN mood TEXT"));

        await using var old = await TestSignaling.StartUnreadyAsync(cluster, _ => b.Options with { ReplicaId = Guid.NewGuid().ToString("N") });
        await Eventually.TrueAsync(
            async () => await (await old.Http.GetAsync("readyz")).Content.ReadAsStringAsync() is var text && text.Contains("migration 9999", StringComparison.Ordinal), "the readiness response names the migration");
        Assert.Equal(HttpStatusCode.OK, (await old.Http.GetAsync("healthz")).StatusCode);
        await ChatAsync(ann, bob, "running replicas keep working");
    }

    private static async Task ChatAsync(TestClient from, TestClient to, string text)
    {
        await from.SendAsync(new { type = "chat", message = text });
        await to.ExpectAsync("chat", m => (string?)m["message"] == text);
    }

    private async Task ApplyAsync(Func<int, Migration> create)
    {
        await using var database = SqlDatabases.Create(a.Options.Database);
        var known = Migrator.Load(database.Engine);
        await Migrator.MigrateAsync(database, [.. known, create(known[^1].Version)], TimeProvider.System, default);
    }
}
