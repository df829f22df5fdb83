namespace MeetOperator.Kube.ProcessRuntime.Containers;

/// <summary>
/// CrashLoopBackOff: the first restart is immediate, then the delay is 10 s, doubling to 5 min. A run of 10 min resets it.
/// </summary>
internal sealed class RestartBackoff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan ResetAfter = TimeSpan.FromMinutes(10);

    private TimeSpan _next = TimeSpan.Zero;

    /// <summary>The delay before the next start after a run of the duration <paramref name="ran"/>.</summary>
    public TimeSpan AfterExit(TimeSpan ran)
    {
        var wait = ran >= ResetAfter ? TimeSpan.Zero : _next;
        _next = wait == TimeSpan.Zero ? First : wait * 2 > Longest ? Longest : wait * 2;
        return wait;
    }
}
