using System.Collections.Concurrent;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Data;

/// <summary>Contract tests for meeting buses; each implementation has a derived class. A and B represent two replicas if the bus can connect them.</summary>
public abstract class MeetingBusContract : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(150);

    private readonly MeetingKey _key = new("acme", Guid.NewGuid().ToString("D"));

    protected IMeetingBus A { get; private set; } = null!;

    protected IMeetingBus B { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        (A, B) = await ConnectAsync();
        await Eventually.TrueAsync(() => A.IsConnected && B.IsConnected, "both are connected");
    }

    public async Task DisposeAsync()
    {
        await A.DisposeAsync();
        await B.DisposeAsync();
    }

    [Fact]
    public async Task Publish_TwoSubscribers_DeliversInSameOrder()
    {
        var first = new ConcurrentQueue<string>();
        var second = new ConcurrentQueue<string>();
        await using var one = await A.SubscribeAsync(_key, e => first.Enqueue(e.Text!), () => { }, default);
        await using var two = await B.SubscribeAsync(_key, e => second.Enqueue(e.Text!), () => { }, default);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? A : B).PublishAsync(_key, Frame($"{i}"), default)));
        await Eventually.TrueAsync(() => first.Count == 100 && second.Count == 100, "both subscribers have received all events");
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Topology_ConcurrentWrites_OneSucceeds()
    {
        Assert.Null(await A.ReadTopologyAsync(_key, default));
        var written = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? A : B).TryWriteTopologyAsync(_key, new MeetingTopology { Version = 1, Generation = i, FreeSince = 5 }, default)));
        Assert.Single(written, w => w);
        var first = await B.ReadTopologyAsync(_key, default);
        Assert.Equal(written.ToList().IndexOf(true), first!.Generation);

        Assert.False(await A.TryWriteTopologyAsync(_key, first with { Version = 3 }, default));
        Assert.True(await B.TryWriteTopologyAsync(_key, first with { Version = 2, IsDirect = true, FreeSince = null }, default));
        Assert.Equal(first with { Version = 2, IsDirect = true, FreeSince = null }, await A.ReadTopologyAsync(_key, default));
        Assert.Null(await A.ReadTopologyAsync(new MeetingKey("globex", _key.MeetingId), default));
    }

    [Fact]
    public async Task Publish_ToOtherMeetingOrTenant_IsNotDelivered()
    {
        var received = new ConcurrentQueue<string>();
        await using var subscription = await A.SubscribeAsync(_key, e => received.Enqueue(e.Text!), () => { }, default);
        await B.PublishAsync(new MeetingKey("acme", "other"), Frame("other meeting"), default);
        await B.PublishAsync(new MeetingKey("globex", _key.MeetingId), Frame("other tenant"), default);
        await B.PublishAsync(_key, Frame("mine"), default);
        await Eventually.TrueAsync(() => !received.IsEmpty, "the event arrives");
        Assert.Equal(["mine"], received);
    }

    [Fact]
    public async Task Subscription_Disposed_ReceivesNoEvents()
    {
        var disposed = new ConcurrentQueue<string>();
        var active = new ConcurrentQueue<string>();
        var subscription = await A.SubscribeAsync(_key, e => disposed.Enqueue(e.Text!), () => { }, default);
        await using var other = await A.SubscribeAsync(_key, e => active.Enqueue(e.Text!), () => { }, default);
        await subscription.DisposeAsync();
        await B.PublishAsync(_key, Frame("late"), default);
        await Eventually.TrueAsync(() => !active.IsEmpty, "the other subscriber receives the event");
        Assert.Empty(disposed);
    }

    [Fact]
    public async Task Publish_AllFieldsSet_RoundTrips()
    {
        BusEvent? received = null;
        await using var subscription = await A.SubscribeAsync(_key, e => received = e, () => { }, default);
        var sent = new BusEvent { Kind = BusEventKind.Chat, ParticipantId = "p1", Text = "{\"a\":\"\u00e9\U0001F600\"}", Sequence = 9_007_199_254_740_991 };
        await B.PublishAsync(_key, sent, default);
        await Eventually.TrueAsync(() => received is not null, "the event arrives");
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task TryConsumeCode_ManyReplicas_SucceedsOnce()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? A : B).TryConsumeCodeAsync(_key, "code", Long, default)));
        Assert.Single(results, r => r);
        Assert.True(await B.TryConsumeCodeAsync(new MeetingKey("globex", _key.MeetingId), "code", Long, default));
    }

    [Fact]
    public async Task Enter_TwoParticipants_ListsInOrderOfJoining()
    {
        await A.Presence.EnterAsync(_key, Entry("b", since: 20), 10, Long, default);
        await B.Presence.EnterAsync(_key, Entry("a", since: 10), 10, Long, default);
        Assert.Equal([Entry("a", since: 10), Entry("b", since: 20)], await A.Presence.ListAsync(_key, default));
        Assert.Empty(await A.Presence.ListAsync(new MeetingKey("globex", _key.MeetingId), default));
    }

    [Fact]
    public async Task Enter_Concurrently_NeverExceedsCapacity()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 30).Select(async i =>
            (await (i % 2 == 0 ? A : B).Presence.EnterAsync(_key, Entry($"p{i}"), 7, Long, default)).Outcome));
        Assert.Equal(7, outcomes.Count(o => o == EnterOutcome.Entered));
        Assert.Equal(23, outcomes.Count(o => o == EnterOutcome.Full));
        Assert.Equal(7, (await B.Presence.ListAsync(_key, default)).Count);
    }

    [Fact]
    public async Task Enter_WithNewerConnection_TakesOverAndKeepsMuteState()
    {
        await A.Presence.EnterAsync(_key, Entry("a", since: 10), 1, Long, default);
        await A.Presence.SetMediaAsync(_key, "a", PresenceMedia.Audio, sending: false, silenced: true, default);
        var result = await B.Presence.EnterAsync(_key, Entry("a", since: 99, connection: "newer", instance: "B"), 1, Long, default);
        Assert.Equal(EnterOutcome.TookOver, result.Outcome);
        Assert.Equal(Entry("a", since: 10, connection: "newer", instance: "B") with { Audio = false, AudioSilenced = true }, result.Entry);
        Assert.Equal([result.Entry!], await A.Presence.ListAsync(_key, default));
    }

    [Fact]
    public async Task Reserve_ThenEnter_UsesReservation()
    {
        Assert.Equal(EnterOutcome.Entered, await ReserveAsync(A, Entry("a") with { Connected = false, Audio = false, AudioSilenced = true }));
        Assert.Equal(EnterOutcome.Full, await ReserveAsync(B, Entry("b") with { Connected = false }));
        Assert.Equal(EnterOutcome.Entered, await ReserveAsync(B, Entry("a") with { Connected = false, Connection = "again" }));
        var entered = await B.Presence.EnterAsync(_key, Entry("a"), 1, Long, default);
        Assert.Equal(EnterOutcome.Entered, entered.Outcome);
        Assert.True(entered.Entry!.AudioSilenced);
        Assert.Equal(EnterOutcome.TookOver, await ReserveAsync(A, Entry("a") with { Connected = false, Connection = "later" }));
        Assert.True(Assert.Single(await A.Presence.ListAsync(_key, default)).Connected);
    }

    [Fact]
    public async Task Reserve_ReservationNotFirm_IsReplacedOnlyWhenFull()
    {
        await A.Presence.ReserveAsync(_key, Entry("idle") with { Connected = false }, 2, Long, TimeSpan.Zero, default);
        await A.Presence.EnterAsync(_key, Entry("here"), 2, Long, default);
        Assert.Equal(EnterOutcome.Entered, await ReserveAsync(B, Entry("next") with { Connected = false }, capacity: 2));
        Assert.Equal(["here", "next"], (await A.Presence.ListAsync(_key, default)).Select(p => p.ParticipantId).Order());
        Assert.Equal(EnterOutcome.Full, await ReserveAsync(B, Entry("one more") with { Connected = false }, capacity: 2));
        Assert.Equal(EnterOutcome.Full, (await B.Presence.EnterAsync(_key, Entry("idle"), 2, Long, default)).Outcome);
    }

    [Fact]
    public async Task Reserve_ManyFromOneAddress_GivesExcessToOthers()
    {
        foreach (var i in Enumerable.Range(0, 10))
        {
            Assert.Equal(EnterOutcome.Entered, await ReserveAsync(i % 2 == 0 ? A : B, Entry($"crowd {i}") with { Connected = false, Address = "203.0.113.9" }, capacity: 8));
        }

        Assert.Equal(8, (await A.Presence.ListAsync(_key, default)).Count);
        foreach (var i in Enumerable.Range(0, 6))
        {
            Assert.Equal(EnterOutcome.Entered, await ReserveAsync(B, Entry($"other {i}") with { Connected = false, Address = $"198.51.100.{i}" }, capacity: 8));
        }

        Assert.Equal(EnterOutcome.Full, await ReserveAsync(B, Entry("late") with { Connected = false, Address = "198.51.100.9" }, capacity: 8));
        Assert.Equal(2, (await A.Presence.ListAsync(_key, default)).Count(p => p.ParticipantId.StartsWith("crowd", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Reserve_FullMeeting_AdmitsOneHost()
    {
        await A.Presence.EnterAsync(_key, Entry("a"), 1, Long, default);
        Assert.Equal(EnterOutcome.Full, await ReserveAsync(B, Entry("b") with { Connected = false }));
        Assert.Equal(EnterOutcome.Entered, await ReserveAsync(B, Entry("host") with { Connected = false, Role = "host" }));
        Assert.Equal(EnterOutcome.Entered, (await A.Presence.EnterAsync(_key, Entry("host") with { Role = "host" }, 1, Long, default)).Outcome);
        Assert.Equal(EnterOutcome.Full, await ReserveAsync(B, Entry("host 2") with { Connected = false, Role = "host" }));
    }

    [Fact]
    public async Task Reserve_HostAbsentOrAway_AdmitsOtherHost()
    {
        await A.Presence.EnterAsync(_key, Entry("a"), 1, Long, default);
        Assert.Equal(EnterOutcome.Entered, await ReserveAsync(B, Entry("host") with { Connected = false, Role = "host" }));
        Assert.Equal(EnterOutcome.Entered, await ReserveAsync(B, Entry("host 2") with { Connected = false, Role = "host" }));
        Assert.Equal(EnterOutcome.Entered, (await A.Presence.EnterAsync(_key, Entry("host") with { Role = "host" }, 1, Long, default)).Outcome);
        await A.Presence.MarkAwayAsync(_key, "host", "another connection", default);
        Assert.Equal(EnterOutcome.Full, (await B.Presence.EnterAsync(_key, Entry("host 2") with { Role = "host" }, 1, Long, default)).Outcome);

        await A.Presence.MarkAwayAsync(_key, "host", "c", default);
        Assert.Equal(["a", "host"], (await B.Presence.ListAsync(_key, default)).Select(p => p.ParticipantId).Order());
        Assert.Equal(EnterOutcome.Entered, (await B.Presence.EnterAsync(_key, Entry("host 2") with { Role = "host" }, 1, Long, default)).Outcome);
        Assert.Equal(["a", "host 2"], (await B.Presence.ListAsync(_key, default)).Select(p => p.ParticipantId).Order());
    }

    [Fact]
    public async Task Expel_Participant_RejectsLaterWrites()
    {
        await A.Presence.EnterAsync(_key, Entry("a"), 10, Long, default);
        await A.Presence.EnterAsync(_key, Entry("b"), 10, Long, default);
        var expelled = await Task.WhenAll(A.Presence.ExpelAsync(_key, "a", default), B.Presence.ExpelAsync(_key, "a", default));
        Assert.Single(expelled, e => e);
        Assert.False(await B.Presence.ExpelAsync(_key, "never here", default));

        Assert.Equal(EnterOutcome.Removed, (await B.Presence.EnterAsync(_key, Entry("a"), 10, Long, default)).Outcome);
        Assert.Equal(EnterOutcome.Removed, await ReserveAsync(A, Entry("a") with { Connected = false }));
        var renewed = await A.Presence.RenewAsync(_key, [Entry("a"), Entry("b")], Long, default);
        Assert.Equal((0, "a"), (renewed.TakenOver.Count, Assert.Single(renewed.Removed)));
        Assert.Equal("b", Assert.Single(await B.Presence.ListAsync(_key, default)).ParticipantId);
        Assert.Equal(EnterOutcome.Entered, (await B.Presence.EnterAsync(new MeetingKey("acme", "other"), Entry("a"), 10, Long, default)).Outcome);
    }

    [Fact]
    public async Task Sweep_ExpiredEntry_IsReturnedOnce()
    {
        await A.Presence.EnterAsync(_key, Entry("stays"), 10, Long, default);
        await A.Presence.EnterAsync(_key, Entry("goes"), 10, Short, default);
        await Eventually.TrueAsync(async () => (await B.Presence.ListAsync(_key, default)).Count == 1, "the entry expires");
        var swept = await Task.WhenAll(A.Presence.SweepAsync(_key, default), B.Presence.SweepAsync(_key, default));
        Assert.Equal("goes", Assert.Single(swept.SelectMany(s => s)).ParticipantId);
        Assert.Equal(EnterOutcome.Entered, (await B.Presence.EnterAsync(_key, Entry("new"), 2, Long, default)).Outcome);
    }

    [Fact]
    public async Task Renew_OwnMissingAndTakenEntries_ReturnsTakenOnes()
    {
        await A.Presence.EnterAsync(_key, Entry("own"), 10, Short, default);
        await B.Presence.EnterAsync(_key, Entry("taken", connection: "theirs"), 10, Long, default);
        var taken = await A.Presence.RenewAsync(_key, [Entry("own"), Entry("lost"), Entry("taken", connection: "mine")], Long, default);
        Assert.Equal(["taken"], taken.TakenOver);
        var present = await B.Presence.ListAsync(_key, default);
        Assert.Equal(["lost", "own", "taken"], present.Select(p => p.ParticipantId).Order());
        Assert.Equal("theirs", present.Single(p => p.ParticipantId == "taken").Connection);
        Assert.Empty(await A.Presence.SweepAsync(_key, default));
    }

    [Fact]
    public async Task Claim_AfterOutage_SkipsRemovedAndReconnectedParticipants()
    {
        await A.Presence.EnterAsync(_key, Entry("a", connection: "old"), 10, Short, default);
        await A.Presence.EnterAsync(_key, Entry("out"), 10, Long, default);
        await A.Presence.ExpelAsync(_key, "out", default);
        await A.Presence.EnterAsync(_key, Entry("elsewhere", connection: "third"), 10, Long, default);
        var mine = new[] { Entry("a", connection: "new", instance: "B") with { Audio = false }, Entry("lost", instance: "B") };
        PresenceClaim[] claims = [new(mine[0], "old"), new(mine[1], null), new(Entry("out"), null), new(Entry("elsewhere", connection: "second", instance: "B"), "first")];
        var claimed = await B.Presence.ClaimAsync(_key, claims, Long, default);
        Assert.Equal(["out"], claimed.Removed);
        Assert.Equal(["elsewhere"], claimed.TakenOver);
        Assert.Equal(mine, (await A.Presence.ListAsync(_key, default)).Where(e => e.ParticipantId != "elsewhere"));
        Assert.Equal("third", Assert.Single(await A.Presence.ListAsync(_key, default), e => e.ParticipantId == "elsewhere").Connection);
        Assert.Empty((await B.Presence.ClaimAsync(_key, claims[..1], Long, default)).TakenOver);
        Assert.Equal(["a"], (await A.Presence.RenewAsync(_key, [Entry("a", connection: "old")], Long, default)).TakenOver);
    }

    [Fact]
    public async Task Remove_OlderConnection_KeepsNewerOne()
    {
        await A.Presence.EnterAsync(_key, Entry("a", connection: "old"), 10, Long, default);
        await B.Presence.EnterAsync(_key, Entry("a", connection: "new"), 10, Long, default);
        Assert.False(await A.Presence.RemoveAsync(_key, "a", "old", default));
        Assert.Single(await A.Presence.ListAsync(_key, default));
        var removals = await Task.WhenAll(A.Presence.RemoveAsync(_key, "a", "new", default), B.Presence.RemoveAsync(_key, "a", "new", default));
        Assert.Single(removals, r => r);
        Assert.Empty(await A.Presence.ListAsync(_key, default));
    }

    [Fact]
    public async Task SetMedia_Video_KeepsAudio()
    {
        Assert.Null(await A.Presence.SetMediaAsync(_key, "unknown", PresenceMedia.Audio, sending: false, silenced: false, default));
        await A.Presence.EnterAsync(_key, Entry("a"), 10, Long, default);
        var entry = await B.Presence.SetMediaAsync(_key, "a", PresenceMedia.Video, sending: false, silenced: true, default);
        Assert.Equal(Entry("a") with { Video = false, VideoSilenced = true }, entry);
        await A.Presence.SetMediaAsync(_key, "a", PresenceMedia.Video, sending: true, silenced: false, default);
        Assert.Equal(Entry("a"), Assert.Single(await B.Presence.ListAsync(_key, default)));
    }

    [Theory]
    [InlineData("acme:x", "m")]
    [InlineData("", "m")]
    [InlineData("acme", "a b")]
    [InlineData("acme", "m:presence")]
    public void MeetingKey_AmbiguousName_Throws(string tenant, string meeting) => Assert.Throws<ArgumentException>(() => new MeetingKey(tenant, meeting));

    protected abstract Task<(IMeetingBus A, IMeetingBus B)> ConnectAsync();

    private Task<EnterOutcome> ReserveAsync(IMeetingBus bus, PresenceEntry entry, int capacity = 1) => bus.Presence.ReserveAsync(_key, entry, capacity, Long, Long, default);

    private static BusEvent Frame(string text) => new() { Kind = BusEventKind.Frame, Text = text };

    private static PresenceEntry Entry(string id, long since = 1_763_625_000_000, string connection = "c", string instance = "A") => new()
    {
        ParticipantId = id,
        DisplayName = "\u00c9lise \U0001F600 \"q\"",
        Role = "participant",
        Instance = instance,
        Connection = connection,
        Connected = true,
        Since = since,
    };
}
