namespace MeetOperator.Fuzz.Tests;

/// <summary>
/// A participant who has authenticated and sends anything: what the media node has decrypted goes into its publisher, or as reports into its subscriber. Nothing throws, what
/// the others get is valid RTP of streams that they know, and the media of another participant arrives whole.
/// </summary>
public sealed class ForwardingFuzzTests
{
    /// <summary>A genuine packet of the hostile participant goes between the mutated ones, so that layers, histories and estimates stay in use.</summary>
    private const int GenuineEvery = 4;

    /// <summary>Rooms with a section for each track, with slots and views that change, and with encrypted payloads.</summary>
    public static TheoryData<bool, bool> Rooms => new() { { false, false }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Publisher_MutatedMedia_ReachesOthersAsValidRtpOnly(bool hasSlots, bool isEncrypted) => Attack(
        new ForwardingRoom(seed: 1, hasSlots, isEncrypted), room => room.GenuineMedia, (room, input) => room.ReceiveFromMallory(input));

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Publisher_MutatedReports_ReachOthersAsValidRtpOnly(bool hasSlots, bool isEncrypted) => Attack(
        new ForwardingRoom(seed: 2, hasSlots, isEncrypted), room => room.GenuineSenderReports, (room, input) => room.ReportFromMallory(input));

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Subscriber_MutatedFeedback_AffectsNobodyElse(bool hasSlots, bool isEncrypted) => Attack(
        new ForwardingRoom(seed: 3, hasSlots, isEncrypted), room => room.GenuineFeedback, (room, input) => room.FeedbackFromMallory(input));

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
