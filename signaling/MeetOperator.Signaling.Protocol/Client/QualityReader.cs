using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>Reads the fields of a quality report. Every number has an upper limit, so sums of many reports stay finite.</summary>
internal sealed class QualityReader(JsonElement root, Action<string> reject)
{
    private const double MaxMilliseconds = 600_000;
    private const double MaxKbps = 10_000_000;
    private const double MaxFramesPerSecond = 1_000;

    private const string TrackRule =
        "Each entry of 'tracks' must be {participantId, source, quality, kbps, loss, jitterMs, frozen, fps?, height?}: source is microphone, camera, screen or screen-audio, quality is good, weak, poor or paused, loss and frozen are from 0 to 1.";

    private static readonly string PathFailureRule =
        $"Each entry of 'pathFailures' must be {{path, reason, count}}, with each path and reason once: path is udp, tcp, relay-udp, relay-tcp or relay-tls, reason is unanswered, unreachable, credentials, quota or refused, count is from 1 to {ProtocolLimits.MaxPathFailureCount}.";

    public QualityMessage Read()
    {
        var rtt = Optional(root, "rttMs", MaxMilliseconds);
        var sendLoss = Required("sendLoss", 1);
        var receiveLoss = Required("receiveLoss", 1);
        var sendKbps = Required("sendKbps", MaxKbps);
        var receiveKbps = Required("receiveKbps", MaxKbps);
        var firstFrame = Optional(root, "firstFrameMs", MaxMilliseconds);
        CheckOptional("rttMs", rtt);
        CheckOptional("firstFrameMs", firstFrame);
        var gathering = Optional(root, "gatheringMs", MaxMilliseconds);
        CheckOptional("gatheringMs", gathering);
        var (path, reason) = (Name<PathKind>("path"), Name<PathReason>("pathReason"));
        var needsReason = path is not (null or PathKind.Udp or PathKind.P2p); // nothing is better than these
        return new QualityMessage(rtt, sendLoss, receiveLoss, sendKbps, receiveKbps, firstFrame, Tracks(), PathFailures(), gathering, path, needsReason ? reason : null);
    }

    private IReadOnlyList<PathFailure> PathFailures()
    {
        if (!root.TryGetProperty("pathFailures", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > ProtocolLimits.MaxPathFailures)
        {
            reject($"'pathFailures' must be a list of at most {ProtocolLimits.MaxPathFailures} entries.");
            return [];
        }

        var failures = value.EnumerateArray().Select(Failure).OfType<PathFailure>().DistinctBy(failure => (failure.Path, failure.Reason)).ToList();
        if (failures.Count != value.GetArrayLength())
        {
            reject(PathFailureRule);
            return [];
        }

        return failures;
    }

    private static PathFailure? Failure(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object
        && item.TryGetProperty("path", out var path) && path.ValueKind == JsonValueKind.String && WireName.TryParse<PathKind>(path.GetString(), out var kind)
        && kind is (PathKind.Udp or PathKind.Tcp or PathKind.RelayUdp or PathKind.RelayTcp or PathKind.RelayTls)
        && item.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String && WireName.TryParse<PathFailureReason>(reason.GetString(), out var why)
        && why is (PathFailureReason.Unanswered or PathFailureReason.Unreachable or PathFailureReason.Credentials or PathFailureReason.Quota or PathFailureReason.Refused)
        && item.TryGetProperty("count", out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt32(out var number) && number is >= 1 and <= ProtocolLimits.MaxPathFailureCount
            ? new PathFailure(kind, why, number)
            : null;

    private IReadOnlyList<ReportedTrack> Tracks()
    {
        if (!root.TryGetProperty("tracks", out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > ProtocolLimits.MaxReportedTracks)
        {
            reject($"'tracks' must be a list of at most {ProtocolLimits.MaxReportedTracks} entries.");
            return [];
        }

        var tracks = new List<ReportedTrack>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (Track(item) is not { } track)
            {
                reject(TrackRule);
                return [];
            }

            if (tracks.Any(known => known.ParticipantId == track.ParticipantId && known.Source == track.Source))
            {
                reject("'tracks' must name each participantId and source once.");
                return [];
            }

            tracks.Add(track);
        }

        return tracks;
    }

    private static ReportedTrack? Track(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("participantId", out var participant) || participant.ValueKind != JsonValueKind.String || participant.GetString() is not { } id || !FieldReader.IsName(id)
            || !item.TryGetProperty("source", out var source) || source.ValueKind != JsonValueKind.String || !WireName.TryParse<TrackSource>(source.GetString(), out var trackSource)
            || !item.TryGetProperty("quality", out var quality) || quality.ValueKind != JsonValueKind.String || !WireName.TryParse<ReceivedQuality>(quality.GetString(), out var received)
            || !TryRead(item, "kbps", MaxKbps, out var kbps) || !TryRead(item, "loss", 1, out var loss) || !TryRead(item, "jitterMs", MaxMilliseconds, out var jitter) || !TryRead(item, "frozen", 1, out var frozen))
        {
            return null;
        }

        var fps = Optional(item, "fps", MaxFramesPerSecond);
        var height = Optional(item, "height", ProtocolLimits.MaxViewPixels);
        return fps is double.NaN || height is double.NaN ? null : new ReportedTrack(id, trackSource, received, kbps, loss, jitter, frozen, fps, (int?)height);
    }

    /// <summary>Reads the name of an enum member. Null if the field is missing, null or invalid.</summary>
    private T? Name<T>(string name)
        where T : struct, Enum
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && WireName.TryParse<T>(value.GetString(), out var known))
        {
            return known;
        }

        reject($"'{name}' must be one of: {string.Join(", ", Enum.GetValues<T>().Select(WireName.Of))}.");
        return null;
    }

    private double Required(string name, double max)
    {
        if (TryRead(root, name, max, out var value))
        {
            return value;
        }

        reject($"'{name}' must be a number from 0 to {max:0}.");
        return 0;
    }

    private void CheckOptional(string name, double? value)
    {
        if (value is double.NaN)
        {
            reject($"'{name}' must be a number from 0 to {MaxMilliseconds:0}.");
        }
    }

    /// <summary>Null if the field is missing or null, NaN if it is invalid.</summary>
    private static double? Optional(JsonElement item, string name, double max) =>
        !item.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null : TryRead(item, name, max, out var number) ? number : double.NaN;

    private static bool TryRead(JsonElement item, string name, double max, out double number)
    {
        number = 0;
        return item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number) && number >= 0 && number <= max;
    }
}
