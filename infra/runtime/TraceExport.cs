using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MeetOperator;

/// <summary>Exports the spans of this process over OTLP. Without an endpoint nothing is recorded and the libraries are not loaded.</summary>
internal static class TraceExport
{
    /// <summary>Starts the export, until the result is disposed. Returns null if it is off. Problems with it never keep the process from starting.</summary>
    /// <param name="service">Name of the service if OTEL_SERVICE_NAME is not set.</param>
    /// <param name="environment">Reads an environment variable; <see cref="TraceSettings.Problems"/> found none.</param>
    /// <param name="startsTraces">Whether requests without a parent start a trace. False for a process that only our own processes call: their polls have no parent.</param>
    public static IDisposable? Start(string service, Func<string, string?> environment, bool startsTraces = true)
    {
        if (!TraceSettings.IsOn(environment))
        {
            return null;
        }

        try
        {
            return Export(service, environment, startsTraces);
        }
        catch (Exception unusable)
        {
            Console.Error.WriteLine($"Tracing is off: {unusable.Message}");
            return null;
        }
    }

    // The libraries are loaded when this method is compiled, so it must not become part of its caller.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IDisposable Export(string service, Func<string, string?> environment, bool startsTraces)
    {
        // Later attributes override earlier ones, so OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override the name here.
        var resource = ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddService(service).AddEnvironmentVariableDetector();
        var provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource("MeetOperator.*", "Microsoft.AspNetCore", "System.Net.Http", "Npgsql")
            .SetSampler(new OperationSampler(TraceSettings.Ratio(environment), startsTraces))
            .AddProcessor(new SpanFilter())
            .AddOtlpExporter(exporter =>
            {
                if (Uri.TryCreate(environment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), UriKind.Absolute, out var own))
                {
                    exporter.Endpoint = own;
                }
            })
            .Build();
        return new Provider(provider);
    }

    /// <summary>Sends what is left, for at most two seconds, so that a collector that does not respond cannot use up the grace period.</summary>
    private sealed class Provider(TracerProvider provider) : IDisposable
    {
        public void Dispose()
        {
            provider.Shutdown(timeoutMilliseconds: 2000);
            provider.Dispose();
        }
    }

    /// <summary>
    /// Drops requests for health and metrics, and calls that belong to no operation: polls of media nodes, watches, renewals of Leases. A span with a parent follows its
    /// parent, so that nothing below a dropped one is recorded.
    /// </summary>
    private sealed class OperationSampler(double ratio, bool startsTraces) : Sampler
    {
        private readonly ParentBasedSampler _sampler = new(new TraceIdRatioBasedSampler(ratio));

        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
        {
            var isRoot = samplingParameters.ParentContext.TraceId == default;
            return (isRoot && (!startsTraces || samplingParameters.Kind == ActivityKind.Client)) || IsHealthOrMetrics(samplingParameters)
                ? new SamplingResult(SamplingDecision.Drop)
                : _sampler.ShouldSample(samplingParameters);
        }

        private static bool IsHealthOrMetrics(in SamplingParameters parameters)
        {
            if (parameters.Kind != ActivityKind.Server || parameters.Tags is null)
            {
                return false;
            }

            foreach (var (name, value) in parameters.Tags)
            {
                if (name == "url.path")
                {
                    return value is "/healthz" or "/readyz" or "/metrics";
                }
            }

            return false;
        }
    }

    /// <summary>Removes what others must not see: IDs and tokens in all texts, and failures of the database, whose messages can quote values.</summary>
    private sealed class SpanFilter : BaseProcessor<Activity>
    {
        /// <summary>Characters of one text. Clients choose the length of some texts, and many spans can wait for the collector.</summary>
        private const int MaxLength = 1000;

        /// <summary>Characters of an ID.</summary>
        private const int IdLength = 36;

        public override void OnEnd(Activity data)
        {
            // Events cannot be changed afterwards.
            if (data.Events.Any(happened => happened.Name == "exception"))
            {
                data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
                return;
            }

            data.DisplayName = Clean(data.DisplayName);
            if (data.StatusDescription is { } description)
            {
                data.SetStatus(data.Status, Clean(description));
            }

            foreach (var (name, value) in data.TagObjects.ToArray())
            {
                if (value is string[] || name is "user_agent.original" or "http.request.method_original" || (name == "server.address" && data.Kind == ActivityKind.Server))
                {
                    data.SetTag(name, null);
                }
                else if (value is string text)
                {
                    data.SetTag(name, Clean(text));
                }
            }
        }

        /// <summary>Cuts after the redaction, because a part of an ID would not be recognized.</summary>
        private static string Clean(string text)
        {
            var clean = Redaction.Redact(text.Length > MaxLength + IdLength ? text[..(MaxLength + IdLength)] : text);
            return clean.Length > MaxLength ? clean[..MaxLength] : clean;
        }
    }
}
