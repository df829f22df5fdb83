using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Media;

/// <summary>The waits of one member for a place, while the media nodes of the meeting are full. Used by one caller at a time, except <see cref="IsAwaited"/>.</summary>
internal sealed class MemberPlace(IMediaClient client, MemberCalls calls, SignalingMetrics metrics)
{
    private volatile bool _isAwaited;

    /// <summary>Whether the member waits, and so does not count as using a node.</summary>
    public bool IsAwaited => _isAwaited;

    /// <summary>Waits for the member's turn to try.</summary>
    public async Task WaitAsync(PlaceWait place)
    {
        _isAwaited = true;
        SignalingTracing.LeaveCurrent();
        await place.WaitAsync(ReportNoPlace, calls.Closed).ConfigureAwait(false);
        _isAwaited = false;
    }

    private void ReportNoPlace()
    {
        metrics.Rejected(WireName.Of(ErrorCode.NotPlaced));
        client.Send(new ErrorMessage(ErrorCode.NotPlaced, "All media nodes of the meeting are full. Media starts when one of them, or another one, has a place."));
    }
}
