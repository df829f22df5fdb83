namespace MeetOperator.Fuzz.Tests;

/// <summary>
/// A participant who has authenticated and sends anything: what the media node has decrypted goes into its publisher, or as reports into its subscriber. Nothing throws, what
/// the others get is valid RTP of streams that they know, and the media of another participant arrives whole.
/// </summary>
public sealed class ForwardingFuzzTests
{
    /// <summary>A genuine packet of the hostile participant goes between the mutated ones, so that layers, histories and estimates stay in use.</summary>
    private const int GenuineEvery = 4;

    [Fact]
    public void Publisher_MutatedMedia_ReachesOthersAsValidRtpOnly() => Attack(
        new ForwardingRoom(seed: 1), room => room.GenuineMedia, (room, input) => room.ReceiveFromMallory(input));

    [Fact]
    public void Publisher_MutatedReports_ReachOthersAsValidRtpOnly() => Attack(
        new ForwardingRoom(seed: 2), room => room.GenuineSenderReports, (room, input) => room.ReportFromMallory(input));

    [Fact]
    public void Subscriber_MutatedFeedback_AffectsNobodyElse() => Attack(
        new ForwardingRoom(seed: 3), room => room.GenuineFeedback, (room, input) => room.FeedbackFromMallory(input));

    private static void Attack(ForwardingRoom room, Func<ForwardingRoom, IReadOnlyList<byte[]>> genuine, Action<ForwardingRoom, byte[]> attack)
    {
        room.Advance(200);
        var count = 0;
        FuzzLoop.Run(
            genuine(room),
            input =>
            {
                attack(room, input.ToArray());
                if (count++ % GenuineEvery == 0)
                {
                    room.Advance(5);
                }
            },
            cost: 8,
            maximumBytes: 2 * 1024 * 1024);

        room.Advance(2_000);
        Assert.Empty(room.Errors);
        Assert.True(room.AliceSent > 100);
        Assert.Equal(room.AliceSent, room.Carol.FromAlice);
        Assert.Equal(0, room.Carol.Gaps);
        var first = room.Carol.FromMallory;
        room.SendGenuinePicture(isKey: true);
        room.Advance(500);
        Assert.True(room.Carol.FromMallory > first, "media of the participant is forwarded again once it is valid");
    }
}
