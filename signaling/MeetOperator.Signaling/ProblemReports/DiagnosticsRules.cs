using System.Text.RegularExpressions;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.ProblemReports;

/// <summary>
/// Validates a report. Every error names the field and the valid values. Apart from what the person wrote and the browser's name, no field takes text that could be an
/// address or the name of a device.
/// </summary>
internal static partial class DiagnosticsRules
{
    private const double MaxMilliseconds = 600_000;
    private const double MaxKbps = 10_000_000;
    private const int MaxPaths = 16;
    private const int MaxLayers = 8;

    private static readonly string[] Qualities = ["good", "weak", "poor", "unknown"];
    private static readonly string[] PathTypes = ["host", "srflx", "prflx", "relay", "unknown"];
    private static readonly string[] Protocols = ["udp", "tcp", "tls", "unknown"];
    private static readonly string[] Sources = [.. Enum.GetValues<TrackSource>().Select(WireName.Of)];
    private static readonly string[] Directions = ["send", "receive"];
    private static readonly string[] Limitations = ["bandwidth", "cpu"];

    public static void Check(DiagnosticsRequest request)
    {
        Require("consent", request.Consent == true, "must be true: the person must have seen the report and agreed to send it.");
        Require("reference", request.Reference is { } reference && IsName(reference), $"must be 1 to {ProtocolLimits.MaxIdLength} letters, digits, '-' or '_'.");
        Require("text", request.Text is not { } text || IsText(text), $"must be 1 to {ProtocolLimits.MaxReportTextLength} characters of visible text without control characters, or missing.");
        Require("browser", PlainText.IsName(request.Browser, ProtocolLimits.MaxBrowserLength), $"must be one line of 1 to {ProtocolLimits.MaxBrowserLength} characters without control characters.");
        CheckList("statistics", request.Statistics, ProtocolLimits.MaxReportSamples, CheckSample);
    }

    private static void CheckSample(string at, DiagnosticSample sample)
    {
        CheckNumber($"{at}.ageMs", sample.AgeMs, MaxMilliseconds);
        CheckOneOf($"{at}.quality", sample.Quality, Qualities);
        Require($"{at}.hint", sample.Hint is { } hint && HintForm().IsMatch(hint), "must be 1 to 32 lower-case letters or hyphens.");
        CheckOptional($"{at}.rttMs", sample.RttMs, MaxMilliseconds);
        CheckNumber($"{at}.sendKbps", sample.SendKbps, MaxKbps);
        CheckNumber($"{at}.sendLoss", sample.SendLoss, 1);
        CheckNumber($"{at}.receiveKbps", sample.ReceiveKbps, MaxKbps);
        CheckNumber($"{at}.receiveLoss", sample.ReceiveLoss, 1);
        CheckList($"{at}.paths", sample.Paths, MaxPaths, CheckPath);
        CheckList($"{at}.tracks", sample.Tracks, ProtocolLimits.MaxReportedTracks, CheckTrack);
    }

    private static void CheckPath(string at, DiagnosticPath path)
    {
        Require($"{at}.direct", path.Direct is not null, "must be true or false.");
        CheckOneOf($"{at}.type", path.Type, PathTypes);
        CheckOneOf($"{at}.protocol", path.Protocol, Protocols);
        CheckOptional($"{at}.rttMs", path.RttMs, MaxMilliseconds);
    }

    private static void CheckTrack(string at, DiagnosticTrack track)
    {
        Require($"{at}.participantId", track.ParticipantId is { } id && IsName(id), "must be the ID of a participant.");
        CheckOneOf($"{at}.source", track.Source, Sources);
        CheckOneOf($"{at}.direction", track.Direction, Directions);
        CheckNumber($"{at}.kbps", track.Kbps, MaxKbps);
        CheckNumber($"{at}.loss", track.Loss, 1);
        CheckNumber($"{at}.jitterMs", track.JitterMs, MaxMilliseconds);
        CheckNumber($"{at}.frozen", track.Frozen, 1);
        CheckNumber($"{at}.concealed", track.Concealed, 1);
        CheckOptional($"{at}.fps", track.Fps, 1_000);
        CheckOptional($"{at}.width", track.Width, ProtocolLimits.MaxViewPixels);
        CheckOptional($"{at}.height", track.Height, ProtocolLimits.MaxViewPixels);
        Require($"{at}.codec", track.Codec is not { } codec || WordForm().IsMatch(codec), "must be 1 to 20 letters, digits or hyphens.");
        Require(
            $"{at}.layers",
            track.Layers is not { } layers || (layers.Count <= MaxLayers && layers.All(layer => layer is not null && WordForm().IsMatch(layer))),
            $"must be a list of at most {MaxLayers} names of 1 to 20 letters, digits or hyphens.");
        if (track.Limitation is not null)
        {
            CheckOneOf($"{at}.limitation", track.Limitation, Limitations);
        }
    }

    private static void CheckList<T>(string field, IReadOnlyList<T?>? list, int max, Action<string, T> check)
        where T : class
    {
        Require(field, list is not null && list.Count <= max, $"must be a list of at most {max} entries.");
        for (var i = 0; i < list!.Count; i++)
        {
            Require($"{field}[{i}]", list[i] is not null, "must be an object.");
            check($"{field}[{i}]", list[i]!);
        }
    }

    private static void CheckNumber(string field, double? value, double max) =>
        Require(field, value is >= 0 && value <= max, $"must be a number from 0 to {max:0}.");

    private static void CheckOptional(string field, double? value, double max)
    {
        if (value is not null)
        {
            CheckNumber(field, value, max);
        }
    }

    private static void CheckOneOf(string field, string? value, string[] values) => Require(field, value is not null && values.Contains(value), $"must be one of {string.Join(", ", values)}.");

    private static void Require(string field, bool isValid, string rule)
    {
        if (!isValid)
        {
            throw ProblemException.Invalid(field, rule);
        }
    }

    private static bool IsText(string text) => text.Length <= ProtocolLimits.MaxReportTextLength && PlainText.IsCleanText(text) && PlainText.Clean(text).Length > 0;

    private static bool IsName(string text) => text.Length is > 0 and <= ProtocolLimits.MaxIdLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    [GeneratedRegex(@"\A[a-z-]{1,32}\z")]
    private static partial Regex HintForm();

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,20}\z")]
    private static partial Regex WordForm();
}
