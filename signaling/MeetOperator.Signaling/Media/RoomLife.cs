namespace MeetOperator.Signaling.Media;

/// <summary>Ends calls to a room that would only be waited for: while its node is gone, and when the meeting has given up the room. Thread-safe, except where it says otherwise.</summary>
internal sealed class RoomLife
{
    private readonly CancellationTokenSource _givenUp = new();
    private volatile CancellationTokenSource _gone = new();

    /// <summary>Whether the meeting has given up the room, or its node is gone.</summary>
    public bool IsOver => GivenUp.IsCancellationRequested || Gone.IsCancellationRequested;

    /// <summary>Canceled when the meeting has given up the room.</summary>
    public CancellationToken GivenUp => _givenUp.Token;

    /// <summary>Canceled while the node is gone. When it is back, this is another one.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>The meeting no longer has the room.</summary>
    public void GiveUp() => _ = _givenUp.CancelAsync();

    /// <summary>The node seems to have failed (<see cref="RoomReach.IsGone"/>), or is back. Not called concurrently.</summary>
    public void SetGone(bool isGone)
    {
        if (isGone)
        {
            _ = _gone.CancelAsync();
        }
        else if (_gone.IsCancellationRequested)
        {
            _gone = new CancellationTokenSource();
        }
    }
}
