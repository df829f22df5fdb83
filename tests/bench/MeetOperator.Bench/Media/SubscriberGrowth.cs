namespace MeetOperator.Bench.Media;

/// <summary>
/// What an incoming packet costs with several numbers of subscribers: a + b × subscribers, where b may grow. Of two numbers of subscribers, b is the difference of the costs divided
/// by the difference of the numbers, so what is paid once for a packet (a) is not in it.
/// </summary>
/// <param name="microsecondsPerForwardedPacket">For each of <see cref="Subscribers"/>.</param>
internal sealed class SubscriberGrowth(IReadOnlyList<double> microsecondsPerForwardedPacket)
{
    /// <summary>Between the first two, b is that of 40 subscribers, and between the last two that of 160: these are the numbers in the middle.</summary>
    public static readonly IReadOnlyList<int> Subscribers = [10, 70, 250];

    /// <summary>b from the first number of subscribers to the last, in microseconds.</summary>
    public double Slope => Between(0, Subscribers.Count - 1);

    /// <summary>b of 160 subscribers divided by b of 40.</summary>
    public double Flatness => Between(1, 2) / Between(0, 1);

    private double Between(int few, int many) => (CostOf(many) - CostOf(few)) / (Subscribers[many] - Subscribers[few]);

    /// <summary>An incoming packet is forwarded to each subscriber.</summary>
    private double CostOf(int index) => Subscribers[index] * microsecondsPerForwardedPacket[index];
}
