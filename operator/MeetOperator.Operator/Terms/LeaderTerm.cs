using MeetOperator.Kube.Runtime.Leadership;

namespace MeetOperator.Operator.Terms;

/// <summary>The leadership term for requests to media nodes: its number, and whether it is still valid.</summary>
/// <param name="number">The number in the Lease. It may be raised during the term (<see cref="Leadership.RaiseAbove"/>).</param>
/// <param name="throwIfLost">Throws <see cref="LeadershipLostException"/> when the term has ended.</param>
/// <param name="raiseAbove">Requests a number above the one that a node has seen.</param>
internal sealed class LeaderTerm(Func<long> number, Action throwIfLost, Action<long> raiseAbove)
{
    public long Number => number();

    public static LeaderTerm Of(Leadership leadership) => new(() => leadership.Fence, leadership.ThrowIfLost, leadership.RaiseAbove);

    public void ThrowIfLost() => throwIfLost();

    public void RaiseAbove(long seen) => raiseAbove(seen);
}
