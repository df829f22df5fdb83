namespace MeetOperator.MediaNode.Control;

/// <summary>Caches the rendered metrics for one second, so that frequent scrapes do not add load to the loops. Safe for concurrent use.</summary>
internal sealed class MetricsPage(Func<Task<string>> render, TimeProvider time)
{
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private Task<string>? _page;
    private long _renderedAt;

    public Task<string> ReadAsync()
    {
        lock (_lock)
        {
            var isOld = _page is { IsCompleted: true } && (!_page.IsCompletedSuccessfully || time.GetElapsedTime(_renderedAt) >= MaxAge);
            if (_page is null || isOld)
            {
                _renderedAt = time.GetTimestamp();
                _page = render();
            }

            return _page;
        }
    }
}
