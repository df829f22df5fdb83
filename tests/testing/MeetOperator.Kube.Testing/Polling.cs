namespace MeetOperator.Kube.Testing;

/// <summary>The pauses of a test that polls a condition.</summary>
public static class Polling
{
    /// <summary>Pauses 15 ms at first, and up to 100 ms the longer the test has waited, so that long waits leave the processor to other tests.</summary>
    public static Task PauseAsync(TimeSpan waited) => Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(waited.TotalMilliseconds / 10, 15, 100)));
}
