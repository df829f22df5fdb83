using MeetOperator.Turn.Coturn;

namespace MeetOperator.Turn.Probing;

/// <summary>The number of allocations of clients. Thread-safe.</summary>
internal sealed class AllocationCount(RelaySockets sockets, AllocationProbe probe)
{
    private volatile int _last;

    public int Read()
    {
        var before = probe.Steps;
        var count = sockets.Ports().Count;
        if (before % 2 == 0 && before == probe.Steps)
        {
            _last = count; // Otherwise the allocation of the probe may be among them, and the figure before it is closer.
        }

        return _last;
    }
}
