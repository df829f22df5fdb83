using MeetOperator.Signaling.Data.Bus;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>
/// A participant that exists only as a presence entry. Its departure is announced after everything that was due earlier, so an event that has not arrived by
/// then will never arrive.
/// </summary>
internal static class Marker
{
    public static async Task ExpireAsync(TestSignaling signaling, string meetingId, TimeSpan after, TestClient witness)
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
