using System.Diagnostics.Metrics;

namespace MeetOperator.Operator.Webhook;

/// <summary>Metrics of the webhook: number and duration of reviews, and the expiry of its certificate.</summary>
internal sealed class WebhookMetrics : IDisposable
{
    private readonly Meter _meter = new("MeetOperator.Operator.Webhook");
    private readonly Histogram<double> _reviews;
    private readonly TimeProvider _time;

    public WebhookMetrics(WebhookCertificates certificates, TimeProvider time)
    {
        _time = time;
        _reviews = _meter.CreateHistogram<double>("meet_webhook_review_seconds", "s", "Time to answer an AdmissionReview, by path and result.");
        _meter.CreateObservableGauge(
            "meet_webhook_certificate_expiry_seconds",
            () => certificates.Current is { } current ? [new Measurement<long>(current.Expires.ToUnixTimeSeconds())] : Array.Empty<Measurement<long>>(),
            "s",
            "Expiry time of this replica's serving certificate, as Unix time.");
    }

    public long Start() => _time.GetTimestamp();

    public void RecordReview(string path, string result, long started) => _reviews.Record(
        _time.GetElapsedTime(started).TotalSeconds,
        new KeyValuePair<string, object?>("path", path),
        new KeyValuePair<string, object?>("result", result));

    public void Dispose() => _meter.Dispose();
}
