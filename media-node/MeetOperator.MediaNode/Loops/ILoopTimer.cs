namespace MeetOperator.MediaNode.Loops;

/// <summary>A session or link with timers of its own. Used on the loop's thread.</summary>
internal interface ILoopTimer
{
    /// <summary>When the loop calls <see cref="HandleTimeout"/>. Only the loop's list of deadlines sets it.</summary>
    long DeadlineTicks { get; set; }

    /// <summary>Runs the timers and returns when to call again.</summary>
    long HandleTimeout(long nowTicks);

    /// <summary>Ends the session or link after an unexpected error.</summary>
    void Fail(Exception error);
}
