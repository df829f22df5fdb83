namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>
/// CrashLoopBackOff: the first restart is immediate, then 10 s doubling to 5 min; a run of 10 min forgets the past.
/// </summary>
internal sealed class RestartBackoff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    private TimeSpan _next = TimeSpan.Zero;

    /// <summary>How long to wait before the next start, given how long the last run lasted.</summary>
    public TimeSpan AfterExit(TimeSpan ran)
    {
        var wait = ran >= ForgetAfter ? TimeSpan.Zero : _next;
        _next = wait == TimeSpan.Zero ? First : wait * 2 > Longest ? Longest : wait * 2;
        return wait;
    }
}
