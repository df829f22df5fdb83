namespace MeetOperator.MediaNode.Control;

/// <summary>The metrics as they were at most a second ago: however often somebody asks, the loops are asked once a second.</summary>
internal sealed class MetricsPage(Func<Task<string>> make, TimeProvider time)
{
    public static readonly TimeSpan Age = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private Task<string>? _page;
    private long _madeAt;

    public Task<string> ReadAsync()
    {
        lock (_lock)
        {
            var isOld = _page is { IsCompleted: true } && (!_page.IsCompletedSuccessfully || time.GetElapsedTime(_madeAt) >= Age);
            if (_page is null || isOld)
            {
                _madeAt = time.GetTimestamp();
                _page = make();
            }

            return _page;
        }
    }
}
