namespace MeetOperator.Signaling.Media;

/// <summary>One member's wait for a place in its meeting. Joins the line at the first wait, and leaves it when disposed.</summary>
/// <param name="line">The line of the meeting.</param>
/// <param name="time">The clock.</param>
/// <param name="reportAfter">After how long the member is to be told that there is no place.</param>
internal sealed class PlaceWait(PlaceLine line, TimeProvider time, TimeSpan reportAfter) : IDisposable
{
    /// <summary>How long a member that was told waits at most without looking.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private readonly long _start = time.GetTimestamp();
    private PlaceLine.Place? _place;
    private bool _isReported;

    private TimeSpan Left => reportAfter - time.GetElapsedTime(_start);

    /// <summary>Waits until it is the member's turn to try, is canceled, or the meeting has ended.</summary>
    /// <param name="report">Called once when the member is to be told that there is no place. May throw.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task WaitAsync(Action report, CancellationToken ct)
    {
        _place ??= line.Join();
        bool mayTry;
        do
        {
            mayTry = await _place.WaitAsync(_isReported || Left <= TimeSpan.Zero ? Longest : Left, ct).ConfigureAwait(false);
            if (!_isReported && Left <= TimeSpan.Zero && !ct.IsCancellationRequested)
            {
                _isReported = true;
                report();
            }
        }
        while (!mayTry && !ct.IsCancellationRequested && !line.IsClosed);
    }

    /// <summary>Leaves the line, so that others need not wait for this member. The next wait joins it again at the end.</summary>
    public void Leave()
    {
        _place?.Dispose();
        _place = null;
    }

    public void Dispose() => Leave();
}
