namespace MeetOperator.Kube.Tests.Testing;

/// <summary>Waits for an observable condition, with a deadline.</summary>
public static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {Deadline.TotalSeconds} s: {what}");
            await Task.Delay(5);
        }
    }
}
