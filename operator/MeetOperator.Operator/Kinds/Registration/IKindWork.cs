namespace MeetOperator.Operator.Kinds.Registration;

/// <summary>What the leader does for one kind during one term.</summary>
internal interface IKindWork
{
    /// <summary>The controllers and other loops. Each runs until its token is canceled, and is restarted when it fails.</summary>
    IReadOnlyList<Func<CancellationToken, Task>> Loops { get; }

    /// <summary>
    /// Prepares the state in memory once the informers have synced, before the loops of any kind run. Kinds start in the order of <see cref="MeetKinds"/>. Called again
    /// after a failure.
    /// </summary>
    void Start()
    {
    }

    /// <summary>Ends what <see cref="Start"/> began. Called once, after all loops have ended.</summary>
    void Stop()
    {
    }
}
