using MeetOperator.Stun;
using MeetOperator.Testing;
using MeetOperator.Turn.Settings;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Tests;

/// <summary>A relay whose allocations are all in use.</summary>
public sealed class FullRelayTests(FullRelayTests.SmallRelay relay) : IClassFixture<FullRelayTests.SmallRelay>
{
    private const int Allocations = 50; // The tests of a start need some.
    private const int QuotaReached = 486;

    public sealed class SmallRelay : RunningRelay
    {
        private protected override TurnOptions Adapt(TurnOptions options) => options with { Allocations = Allocations };
    }

    /// <summary>A relay that is not ready is taken away from those who use it, and nobody would gain from that.</summary>
    [Fact]
    public async Task Report_NoAllocationLeft_IsFullAndReady()
    {
        await Eventually.TrueAsync(async () => await relay.ReportAsync() is { IsFull: false, Allocations: 0 }, "there is no allocation");
        var clients = new List<TurnClient>();
        await Eventually.TrueAsync(async () =>
        {
            var client = await relay.ClientAsync(isTcp: true);
            if (await client.AllocateAsync(default) == 0)
            {
                clients.Add(client);
            }
            else
            {
                client.Dispose(); // The check of the relay has an allocation for a moment.
            }

            return clients.Count == Allocations;
        }, "clients have all allocations");
        using (var late = await relay.ClientAsync(isTcp: true))
        {
            Assert.Equal(QuotaReached, await late.AllocateAsync(default));
        }

        TurnReport? report = null;
        await Eventually.TrueAsync(async () => (report = await relay.ReportAsync()).IsFull, "the relay reports that it is full");
        Assert.True(report!.IsReady, report.Problem);
        Assert.Equal(Allocations, report.Allocations);

        clients.ForEach(client => client.Dispose());
        await Eventually.TrueAsync(async () => !(await relay.ReportAsync()).IsFull, "the relay reports that it has room");
    }
}
