namespace MeetOperator.KubectlMeet.Output;

/// <summary>The exit codes, as the help documents them.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Error = 1;
    public const int Usage = 2;

    /// <summary>The command worked and reports a problem: something is not well, a drain would be blocked, a meeting was not moved, or a port or a relay does not work.</summary>
    public const int NotWell = 3;
}
