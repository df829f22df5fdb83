using MeetOperator.MediaNode.Slots;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>A subscribe session that is not open yet, with its transport; both are null when none is needed.</summary>
/// <param name="Basis">What it depends on.</param>
/// <param name="Session">The session.</param>
/// <param name="Transport">Its transport.</param>
internal sealed record PreparedSubscription(SubscribeBasis Basis, SubscribeSession? Session, UnusedTransport? Transport) : IDisposable
{
    /// <summary>Creates the session. Call it on the thread of a request, because it takes too long for a loop.</summary>
    public static PreparedSubscription Prepare(SubscribeBasis basis, SlotLimits? slots)
    {
        if (!basis.NeedsSession)
        {
            return new PreparedSubscription(basis, null, null);
        }

        var transport = basis.Context.Factory.CreateTransport(IceCredentials.Generate(), basis.IsTunnel);
        return new PreparedSubscription(basis, new SubscribeSession(basis.Context, transport, slots), transport);
    }

    public void Dispose() => Transport?.Dispose();
}
