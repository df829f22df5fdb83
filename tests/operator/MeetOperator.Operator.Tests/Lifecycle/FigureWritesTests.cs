using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class FigureWritesTests
{
    private const int Meetings = 30;

    [Fact]
    public async Task Participants_ManyMeetingsChange_WrittenAtLimitedRateWithoutDelayOfTransitions()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { FigureWritesPerSecond = 2 });
        await cluster.WithTenantAsync();
        var ids = await Task.WhenAll(Enumerable.Range(0, Meetings).Select(async meeting =>
        {
            await cluster.CreateMeetingAsync($"m-{meeting}");
            return (await cluster.WaitForReadyAsync($"m-{meeting}")).Status!.MeetingId!;
        }));
        var node = Assert.Single(cluster.Kubelet.Nodes);
        SetAll(1);
        await cluster.EventuallyAsync(async () => (await WithAsync(1)).Count == Meetings, "all meetings have their first participant");

        SetAll(2);
        await cluster.EventuallyAsync(async () => (await WithAsync(2)).Count > 0, "the first meetings have two participants");
        var first = TimeProvider.System.GetTimestamp();
        var emptied = (await WithAsync(1))[^1];
        node.SetParticipants(emptied.Status!.MeetingId!, 0);
        await cluster.WaitForMeetingAsync(emptied.Metadata.Name!, seen => seen.Status is { Phase: MeetingPhase.Ready, Participants: 0 }, "is empty");

        Assert.NotEmpty(await WithAsync(1));
        await cluster.EventuallyAsync(async () => (await WithAsync(2)).Count == Meetings - 1, "all others have two participants");
        Assert.InRange(TimeProvider.System.GetElapsedTime(first).TotalSeconds, (Meetings - 6) / 2.0, double.MaxValue);

        void SetAll(int participants) => Array.ForEach(ids, id => node.SetParticipants(id, participants));

        async Task<List<Meeting>> WithAsync(int participants) =>
            [.. (await cluster.Client.ListAsync<Meeting>("meet-a", null, default)).Items.Where(seen => seen.Status?.Participants == participants)];
    }
}
