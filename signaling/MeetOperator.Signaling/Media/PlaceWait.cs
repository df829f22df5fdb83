namespace MeetOperator.Signaling.Media;

/// <summary>One member's wait for a place in its meeting. Joins the line at the first wait, and leaves it when disposed.</summary>
/// <param name="line">The line of the meeting.</param>
/// <param name="reportAt">When the member is to be told that there is no place, as the time since a fixed moment.</param>
internal sealed class PlaceWait(PlaceLine line, TimeSpan reportAt) : IDisposable
{
    private PlaceLine.Place? _place;
    private bool _isReported;

    /// <inheritdoc cref="PlaceLine.Place.WaitAsync"/>
    public Task WaitAsync(CancellationToken ct) => (_place ??= line.Join()).WaitAsync(ct);

    /// <summary>Leaves the line, so that others need not wait for this member. The next wait joins it again at the end.</summary>
    public void Leave()
    {
        _place?.Dispose();
        _place = null;
    }

    /// <summary>Returns true once, when the member is to be told.</summary>
    public bool TryReport(TimeSpan now)
    {
        var isDue = !_isReported && now >= reportAt;
        _isReported |= isDue;
        return isDue;
    }

    public void Dispose() => Leave();
}
