using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling.Tests;

/// <summary>A participant made of presence alone. Its end is told after everything that was due before: what has not been told by then never will be.</summary>
internal static class Marker
{
    public static async Task DiesAsync(TestSignaling signaling, string meetingId, TimeSpan after, TestClient witness)
    {
        var id = $"marker-{Guid.NewGuid():N}";
        var key = new MeetingKey(TestCluster.Tenant, meetingId);
        var bus = signaling.Service<IMeetingBus>();
        await bus.Presence.EnterAsync(
            key, new PresenceEntry { ParticipantId = id, DisplayName = "Marker", Role = "participant", Instance = "none", Connection = id, Connected = true }, 100, after, default);
        await bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Presence, ParticipantId = id }, default);
        await witness.ExpectAsync("participant-left", m => (string?)m["participantId"] == id, after + TimeSpan.FromSeconds(60));
    }
}
