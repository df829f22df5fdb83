using System.Diagnostics;
using System.Diagnostics.Metrics;
using MeetOperator.Kube.Runtime.Metrics;
using MeetOperator.Kube.Runtime.Queues;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class PrometheusExpositionTests
{
    [Fact]
    public void Write_CounterGaugeAndHistogram_HasTextFormat()
    {
        using var meter = new Meter("example.text");
        using var exposition = new PrometheusExposition("example.text");
        var requests = meter.CreateCounter<long>("example_requests", description: "Requests by code.\nSecond \\ line.");
        var queue = meter.CreateUpDownCounter<int>("example.queue");
        var seconds = meter.CreateHistogram("example_seconds", "s", "Time.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        meter.CreateObservableGauge("example_temperature", () => new Measurement<double>(double.PositiveInfinity, new KeyValuePair<string, object?>("room", "a\"b\\c\nd")));

        requests.Add(2, new KeyValuePair<string, object?>("code", 200));
        requests.Add(3, new("zone", "z"), new("code", 500));
        requests.Add(1, new("code", 500), new("zone", "z"));
        queue.Add(5);
        queue.Add(-2);
        seconds.Record(0.1);
        seconds.Record(0.5);
        seconds.Record(7);

        Assert.Equal(
            """
            # HELP example_queue example.queue
            # TYPE example_queue gauge
            example_queue 3
            # HELP example_requests_total Requests by code.\nSecond \\ line.
            # TYPE example_requests_total counter
            example_requests_total{code="200"} 2
            example_requests_total{code="500",zone="z"} 4
            # HELP example_seconds Time.
            # TYPE example_seconds histogram
            example_seconds_bucket{le="0.1"} 1
            example_seconds_bucket{le="1"} 2
            example_seconds_bucket{le="+Inf"} 3
            example_seconds_sum 7.6
            example_seconds_count 3
            # HELP example_temperature example_temperature
            # TYPE example_temperature gauge
            example_temperature{room="a\"b\\c\nd"} +Inf

            """,
            exposition.Write());
    }

    [Fact]
    public void Write_ObservedSeriesEnds_IsNotReported()
    {
        using var meter = new Meter("example.observed");
        using var exposition = new PrometheusExposition("example.*");
        string[] rooms = ["a", "b"];
        meter.CreateObservableGauge("people", () => rooms.Select(room => new Measurement<int>(1, new KeyValuePair<string, object?>("room", room))));

        Assert.Contains("people{room=\"b\"} 1", exposition.Write());
        rooms = ["a"];
        Assert.DoesNotContain("room=\"b\"", exposition.Write());
    }

    [Fact]
    public void Write_UnboundedLabel_IsLimited()
    {
        using var meter = new Meter("example.unbounded");
        using var exposition = new PrometheusExposition("example.unbounded");
        var counter = meter.CreateCounter<int>("visits");
        for (var i = 0; i < 5000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("visitor", i));
        }

        Assert.Equal(2002, exposition.Write().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Write_OwnInstruments_PassPromtool()
    {
        using var exposition = new PrometheusExposition(KubeMetrics.MeterName);
        using var queue = new WorkQueue<string>(new WorkQueueOptions { Name = "pro\"m" });
        queue.Add("a");
        await queue.TakeAsync(default);
        KubeMetrics.RecordReconcile("widget", TimeSpan.FromMilliseconds(3));
        KubeMetrics.ReconcileFailed("widget", "conflict");
        KubeMetrics.WatchRestarted("Widget", "gone");

        using var promtool = Process.Start(new ProcessStartInfo("promtool", "check metrics") { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await promtool.StandardInput.WriteAsync(exposition.Write());
        promtool.StandardInput.Close();
        var findings = await promtool.StandardError.ReadToEndAsync() + await promtool.StandardOutput.ReadToEndAsync();
        await promtool.WaitForExitAsync().WaitAsync(Eventually.Limit);
        Assert.Equal((0, string.Empty), (promtool.ExitCode, findings.Trim()));
    }
}
