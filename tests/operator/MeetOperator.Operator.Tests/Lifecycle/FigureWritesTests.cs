using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class FigureWritesTests : IAsyncLifetime
{
    private const int Meetings = 30;
    private const int PerSecond = 2;
    private TestCluster _cluster = null!;
    private RbacProxy _proxy = null!;
    private SimulatedMediaNode _node = null!;
    private string[] _ids = [];

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(withOperator: false);
        _proxy = await RbacProxy.StartAsync(_cluster.ServerAddress);
        await _cluster.StartOperatorAsync("operator-1", _proxy.Address, change: options => options with { FigureWritesPerSecond = PerSecond });
        await _cluster.WithTenantAsync();
        _ids = await Task.WhenAll(Enumerable.Range(0, Meetings).Select(meeting => CreateAsync($"m-{meeting}")));
        _node = Assert.Single(_cluster.Kubelet.Nodes);
        SetAll(1);
        await _cluster.EventuallyAsync(async () => (await WithAsync(1)).Count == Meetings, "all meetings have their first participant");
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task Participants_ManyMeetingsChange_LimitedRateWithoutDelayOfFirstParticipants()
    {
        var late = await CreateAsync("late");
        SetAll(2);
        await _cluster.EventuallyAsync(async () => (await WithAsync(2)).Count > 0, "the first meetings have two participants");
        var first = TimeProvider.System.GetTimestamp();
        _node.SetParticipants(late, 3);
        await _cluster.WaitForMeetingAsync("late", seen => seen.Status is { Phase: MeetingPhase.Active, Participants: 3 }, "is in use");

        Assert.NotEmpty(await WithAsync(1));
        await _cluster.EventuallyAsync(async () => (await WithAsync(2)).Count == Meetings, "all others have two participants");
        AssertLimited(first);
    }

    [Fact]
    public async Task Participants_ManyMeetingsBecomeEmpty_LimitedRateAndTimesWhenTheyDid()
    {
        var (left, first) = (TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp());
        SetAll(0);
        await _cluster.EventuallyAsync(async () => (await WithAsync(0)).Count == Meetings, "all meetings are empty");

        AssertLimited(first);
        Assert.All(await WithAsync(0), meeting =>
        {
            Assert.Equal(MeetingPhase.Ready, meeting.Status!.Phase);
            Assert.InRange((meeting.Status.EmptySince!.Value - left).TotalSeconds, -1, 5);
        });
    }

    [Fact]
    public async Task Participants_LeaveWhileManyDo_MeetingEndsInTimeAllTheSame()
    {
        var brief = await CreateAsync("brief", emptyTimeoutSeconds: 2);
        _node.SetParticipants(brief, 1);
        await _cluster.WaitForMeetingAsync("brief", seen => seen.Status?.Phase == MeetingPhase.Active, "is in use");
        SetAll(0);
        await _cluster.EventuallyAsync(async () => (await WithAsync(0)).Count > 0, "the first meetings are empty");
        _node.SetParticipants(brief, 0);

        var ended = await _cluster.WaitForMeetingAsync("brief", seen => seen.Status?.Phase == MeetingPhase.Ended, "has ended");

        Assert.Equal("Empty", ended.Status!.EndReason);
        Assert.NotEmpty(await WithAsync(1));
    }

    [Fact]
    public async Task Participants_LeaveWhileWritesFail_StatusHasTimeWhenTheyDid()
    {
        var failures = 0;
        _proxy.Fail = (verb, resource) => (verb, resource) == ("update", "meetings/status") && Interlocked.Increment(ref failures) > 0;
        var left = TimeProvider.System.GetUtcNow();
        _node.SetParticipants(_ids[0], 0);
        await _cluster.EventuallyAsync(() => Task.FromResult(failures > 0 && TimeProvider.System.GetUtcNow() > left.AddSeconds(6)), "writes have failed for a while");
        _proxy.Fail = null;

        var empty = await _cluster.WaitForMeetingAsync("m-0", seen => seen.Status?.Phase == MeetingPhase.Ready, "is empty");

        Assert.InRange((empty.Status!.EmptySince!.Value - left).TotalSeconds, -1, 4);
    }

    private static void AssertLimited(long first) =>
        Assert.InRange(TimeProvider.System.GetElapsedTime(first).TotalSeconds, (Meetings - 6) / (double)PerSecond, double.MaxValue);

    private async Task<string> CreateAsync(string name, int emptyTimeoutSeconds = 300)
    {
        var spec = new MeetingSpec { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = emptyTimeoutSeconds } };
        await _cluster.CreateMeetingAsync(name, spec);
        return (await _cluster.WaitForReadyAsync(name)).Status!.MeetingId!;
    }

    private void SetAll(int participants) => Array.ForEach(_ids, id => _node.SetParticipants(id, participants));

    private async Task<List<Meeting>> WithAsync(int participants) =>
        [.. (await _cluster.Client.ListAsync<Meeting>("meet-a", null, default)).Items.Where(seen => seen.Status?.Participants == participants)];
}
