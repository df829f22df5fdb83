using MeetOperator.Signaling.Data.Bus;

namespace MeetOperator.Signaling.Tests.Data;

public sealed class InProcessMeetingBusTests : MeetingBusContract
{
    protected override Task<(IMeetingBus A, IMeetingBus B)> ConnectAsync()
    {
        var bus = new InProcessMeetingBus(TimeProvider.System);
        return Task.FromResult<(IMeetingBus, IMeetingBus)>((bus, bus));
    }
}
