using System.Net;
using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling.Tests;

/// <summary>A release that brings a step of the schema is rolled out and rolled back while people are in a call.</summary>
[Collection(ServersCollection.Name)]
public sealed class SchemaUpgradeTests(PostgresServer postgres) : OverTwoInstances(postgres)
{
    [Fact]
    public async Task StepThatOnlyAdds_RolledOutAndBack_DisturbsNobody()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");

        // The first replica of the new release starts.
        await ApplyAsync(known => new Migration(9999, "9999_expand", $"-- min-reader: {known}\nALTER TABLE chat_messages ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'"));
        await ChatAsync(ann, bob, "while it is rolled out");

        // It is rolled back: a replica of this release starts on the schema of the next.
        await using var rolledBack = await TestSignaling.StartAsync(cluster, _ => b.Options with { Instance = Guid.NewGuid().ToString("N") });
        await using var carl = await rolledBack.EnterAsync(meeting.MeetingId, "Carl");
        await ChatAsync(carl, ann, "after the rollback");
    }

    [Fact]
    public async Task StepThatNeedsTheNewRelease_KeepsAnOldReplicaUnreadyAndAlive()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ApplyAsync(_ => new Migration(9999, "9999_contract", "ALTER TABLE chat_messages ADD COLUMN mood TEXT"));

        await using var old = await TestSignaling.StartUnreadyAsync(cluster, _ => b.Options with { Instance = Guid.NewGuid().ToString("N") });
        await Eventually.TrueAsync(
            async () => await (await old.Http.GetAsync("readyz")).Content.ReadAsStringAsync() is var text && text.Contains("schema step 9999", StringComparison.Ordinal), "it says why");
        Assert.Equal(HttpStatusCode.OK, (await old.Http.GetAsync("healthz")).StatusCode);
        await ChatAsync(ann, bob, "those who run go on");
    }

    private static async Task ChatAsync(TestClient from, TestClient to, string text)
    {
        await from.SendAsync(new { type = "chat", message = text });
        await to.ExpectAsync("chat", m => (string?)m["message"] == text);
    }

    private async Task ApplyAsync(Func<int, Migration> step)
    {
        await using var database = SqlDatabases.Create(a.Options.Database);
        var known = Migrator.Load(database.Engine);
        await Migrator.MigrateAsync(database, [.. known, step(known[^1].Version)], TimeProvider.System, default);
    }
}
