using MeetOperator.Kube.Runtime.Leadership;

namespace MeetOperator.Operator.Terms;

/// <summary>Stops the writes of a replica that no longer leads, for example because it was suspended.</summary>
internal sealed class LeadershipGuard
{
    private volatile Leadership? _held;

    public bool IsLeading => _held is { IsHeld: true };

    public void SetLeadership(Leadership leadership) => _held = leadership;

    /// <summary>Called before every write.</summary>
    public void Check()
    {
        if (_held is not { } leadership)
        {
            throw new InvalidOperationException("This replica has never led and must not write.");
        }

        leadership.ThrowIfLost();
    }
}
