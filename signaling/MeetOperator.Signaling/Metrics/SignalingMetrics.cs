using System.Diagnostics.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Metrics;

/// <summary>The metrics of the meter <see cref="MeterName"/>. Thread-safe.</summary>
internal sealed class SignalingMetrics
{
    public const string MeterName = "MeetOperator.Signaling";

    private readonly UpDownCounter<long> _sockets;
    private readonly UpDownCounter<long> _tunnels;
    private readonly UpDownCounter<long> _meetings;
    private readonly Counter<long> _received;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _joins;
    private readonly Counter<long> _created;
    private readonly Histogram<double> _joinSeconds;
    private readonly Counter<long> _nodeErrors;
    private readonly Histogram<double> _roundTripSeconds;
    private readonly Histogram<double> _lossRatio;
    private readonly Histogram<double> _jitterSeconds;
    private readonly Histogram<double> _frozenRatio;
    private readonly Histogram<double> _firstFrameSeconds;
    private readonly Histogram<double> _gatheringSeconds;
    private readonly UpDownCounter<long> _participantsByPath;
    private readonly Counter<long> _fallbacks;
    private readonly Counter<long> _pathFailures;
    private readonly Counter<long> _problemReports;
    private readonly Histogram<int> _surveyRating;
    private readonly Counter<long> _headlessEnded;
    private readonly Counter<long> _checks;
    private readonly Counter<long> _checkedRungs;
    private readonly Counter<long> _relaysRefused;

    public SignalingMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _sockets = meter.CreateUpDownCounter<long>("meet_signaling_sockets", description: "Open WebSockets.");
        _tunnels = meter.CreateUpDownCounter<long>("meet_signaling_tunnels", description: "Open tunnels, on which media passes through signaling.");
        _meetings = meter.CreateUpDownCounter<long>("meet_signaling_meetings", description: "Meetings with a participant on this replica.");
        _received = meter.CreateCounter<long>("meet_signaling_messages_total", description: "Messages received from clients, by type.");
        _errors = meter.CreateCounter<long>("meet_signaling_message_errors_total", description: "Rejected messages, by error code.");
        _joins = meter.CreateCounter<long>("meet_signaling_joins_total", description: "Joins over REST, by result.");
        _created = meter.CreateCounter<long>("meet_signaling_meetings_created_total", description: "Meetings created over REST.");
        _joinSeconds = meter.CreateHistogram<double>("meet_signaling_join_seconds", "s", "Duration of joins over REST, including the wait for a media node.");
        _nodeErrors = meter.CreateCounter<long>("meet_signaling_node_errors_total", description: "Failed calls to media nodes, by code.");
        _problemReports = meter.CreateCounter<long>("meet_signaling_problem_reports_total", description: "Reports about problems that participants sent.");
        _headlessEnded = meter.CreateCounter<long>("meet_signaling_headless_ended_total", description: "Participants with WHIP or WHEP whose sessions signaling ended, by reason.");
        _checks = meter.CreateCounter<long>("meet_signaling_network_checks_total", description: "Network checks that clients asked for, by result.");
        _checkedRungs = meter.CreateCounter<long>("meet_signaling_network_check_paths_total", description: "Ways to media nodes that network checks tried, as clients report them, by way, family of the address and result.");
        _relaysRefused = meter.CreateCounter<long>("meet_signaling_relays_refused_total", description: "Participants who came without getting relays, because their tenant had reached its quota.");
        _surveyRating = meter.CreateHistogram("meet_signaling_survey_rating", null, "How participants found the call, from 1 (very bad) to 5 (very good); the first answer of each.", null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 3, 4, 5] });
        var ratios = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] };
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5] };
        _roundTripSeconds = meter.CreateHistogram("meet_signaling_client_round_trip_seconds", "s", "Round-trip time between clients and media nodes, one value for each quality report.", null, seconds);
        _lossRatio = meter.CreateHistogram("meet_signaling_client_loss_ratio", null, "Part of the packets that clients did not receive, one value for each quality report.", null, ratios);
        _jitterSeconds = meter.CreateHistogram("meet_signaling_client_jitter_seconds", "s", "Jitter of the received tracks, one value for each track of a quality report.", null, seconds);
        _frozenRatio = meter.CreateHistogram("meet_signaling_client_frozen_ratio", null, "Part of the time in which a received camera stood still, one value for each camera of a quality report.", null, ratios);
        _firstFrameSeconds = meter.CreateHistogram<double>("meet_signaling_client_first_frame_seconds", "s", "Time from the join to the first picture, as clients report it, by the path of their media.");
        _gatheringSeconds = meter.CreateHistogram("meet_signaling_client_gathering_seconds", "s", "Time in which clients gathered ICE candidates, as they report it, by the path of their media.", null, seconds);
        _participantsByPath = meter.CreateUpDownCounter<long>("meet_signaling_participants_by_path", description: "Participants on this replica that reported the path of their media, by that path.");
        _fallbacks = meter.CreateCounter<long>("meet_signaling_client_path_fallbacks_total", description: "Participants whose media takes a worse path because better ones do not work, by the path and the reason.");
        _pathFailures = meter.CreateCounter<long>("meet_signaling_path_failures_total", description: "Connections of clients on which a way to the media node did not work, by the way and the reason. Clients report all but those of tunnels.");
    }

    public void SocketOpened() => _sockets.Add(1);

    public void SocketClosed() => _sockets.Add(-1);

    public void TunnelOpened() => _tunnels.Add(1);

    public void TunnelClosed() => _tunnels.Add(-1);

    public void MeetingOpened() => _meetings.Add(1);

    public void MeetingClosed() => _meetings.Add(-1);

    public void Received(string type) => _received.Add(1, Tag("type", type));

    public void Rejected(string code) => _errors.Add(1, Tag("code", code));

    public void Created() => _created.Add(1);

    public void Joined(string result, TimeSpan took)
    {
        _joins.Add(1, Tag("result", result));
        _joinSeconds.Record(took.TotalSeconds);
    }

    /// <summary>Records a quality report of a client. The values are what the client claims, within the limits of the protocol.</summary>
    public void QualityReported(QualityMessage report)
    {
        var path = Tag("path", report.Path is { } kind ? WireName.Of(kind) : "unknown");
        if (report.RttMs is { } roundTrip)
        {
            _roundTripSeconds.Record(roundTrip / 1000);
        }

        if (report.FirstFrameMs is { } firstFrame)
        {
            _firstFrameSeconds.Record(firstFrame / 1000, path);
        }

        if (report.GatheringMs is { } gathering)
        {
            _gatheringSeconds.Record(gathering / 1000, path);
        }

        foreach (var failure in report.PathFailures)
        {
            PathFailed(failure.Path, failure.Reason, failure.Count);
        }

        _lossRatio.Record(report.ReceiveLoss);
        foreach (var track in report.Tracks)
        {
            _jitterSeconds.Record(track.JitterMs / 1000);
            if (track.Source == TrackSource.Camera)
            {
                _frozenRatio.Record(track.Frozen);
            }
        }
    }

    /// <summary>Records that the media of a participant takes another path; null before the first one, and when the participant is gone.</summary>
    public void PathChanged(PathKind? before, PathKind? now)
    {
        if (before is { } former)
        {
            _participantsByPath.Add(-1, Tag("path", WireName.Of(former)));
        }

        if (now is { } current)
        {
            _participantsByPath.Add(1, Tag("path", WireName.Of(current)));
        }
    }

    /// <summary>Records that the media of a participant takes a path because better ones do not work.</summary>
    public void FellBack(PathKind path, PathReason reason) => _fallbacks.Add(1, Tag("path", WireName.Of(path)), Tag("reason", WireName.Of(reason)));

    /// <summary>Records that a way to the media node did not work, on so many connections.</summary>
    public void PathFailed(PathKind path, PathFailureReason reason, int count = 1) => _pathFailures.Add(count, Tag("path", WireName.Of(path)), Tag("reason", WireName.Of(reason)));

    public void ProblemReported() => _problemReports.Add(1);

    /// <summary>Records the first answer of a participant.</summary>
    public void SurveyAnswered(int rating) => _surveyRating.Record(rating);

    /// <summary>Records that signaling ended the sessions of a participant that has no socket.</summary>
    public void HeadlessEnded(string reason) => _headlessEnded.Add(1, Tag("reason", reason));

    /// <summary>Records that a client asked for a network check.</summary>
    public void CheckOpened(string result) => _checks.Add(1, Tag("result", result));

    /// <summary>Records whether a way to a media node got through, as a client reports it.</summary>
    public void RungChecked(string path, string family, string result) => _checkedRungs.Add(1, Tag("path", path), Tag("family", family), Tag("result", result));

    public void RelaysRefused() => _relaysRefused.Add(1);

    public void NodeFailed(string code) => _nodeErrors.Add(1, Tag("code", code));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
