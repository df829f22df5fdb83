using MeetOperator.Kube.Runtime;

namespace MeetOperator.Operator.Hosting;

/// <summary>The term of leadership that work at media nodes is done under: its number, and whether it still goes on.</summary>
/// <param name="number">The Lease's number; it may be raised within the term (<see cref="Leadership.RaiseAbove"/>).</param>
/// <param name="throwIfLost">Throws <see cref="LeadershipLostException"/> when the term is over.</param>
/// <param name="raiseAbove">Asks for a number above one that a node has seen.</param>
internal sealed class LeaderTerm(Func<long> number, Action throwIfLost, Action<long> raiseAbove)
{
    public long Number => number();

    public static LeaderTerm Of(Leadership leadership) => new(() => leadership.Fence, leadership.ThrowIfLost, leadership.RaiseAbove);

    public void ThrowIfLost() => throwIfLost();

    public void RaiseAbove(long seen) => raiseAbove(seen);
}
