namespace MeetOperator.Signaling.Tunnels;

/// <summary>The place of one tunnel, until it is disposed.</summary>
/// <param name="pace">How fast the participant may send.</param>
/// <param name="onDisposed">Called once.</param>
internal sealed class TunnelPlace(TunnelPace pace, Action onDisposed) : IDisposable
{
    private int _isDisposed;

    /// <summary>All tunnels of the participant have the same one.</summary>
    public TunnelPace Pace => pace;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            onDisposed();
        }
    }
}
