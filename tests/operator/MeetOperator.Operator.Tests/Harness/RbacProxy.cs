using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>A proxy in front of the API server that allows only the requests in a component's generated role.</summary>
internal sealed class RbacProxy : IAsyncDisposable
{
    private const string OperatorNamespace = "meet-system";
    private readonly HttpClient _upstream = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly RbacRuleAttribute[] _rules;
    private readonly ConcurrentDictionary<string, int> _used = new();
    private readonly ConcurrentDictionary<string, bool> _rejected = new();
    private readonly WebApplication _server;
    private readonly Uri _target;

    private RbacProxy(Uri target, string component)
    {
        _target = target;
        _rules = Rules(component);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.Run(ForwardAsync);
    }

    public Uri Address => new(_server.Urls.First());

    /// <summary>Rejects granted requests, like an admission plugin: maps verb and resource to a message; null accepts.</summary>
    public Func<string, string, string?>? Reject { get; set; }

    /// <summary>Grants requests that the generated role does not, by verb and resource.</summary>
    public Func<string, string, bool>? AlsoGrant { get; set; }

    /// <summary>Runs before a granted request is passed on, with its verb and resource.</summary>
    public Func<string, string, Task>? Before { get; set; }

    /// <summary>Blocks all requests and responses until it completes.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Holds back the events of all watches of a resource until the task of that resource completes.</summary>
    public Func<string, Task>? DelayWatch { get; set; }

    /// <summary>Granted requests (verb and resource) that fail with status 500.</summary>
    public Func<string, string, bool>? Fail { get; set; }

    /// <summary>Namespaces that bind the operator's role for tenants' Secrets.</summary>
    public ConcurrentDictionary<string, bool> Bound { get; } = new();

    /// <summary>Requests that were not granted, as "verb group/resource".</summary>
    public IEnumerable<string> Rejected => _rejected.Keys.Order(StringComparer.Ordinal);

    /// <summary>Granted requests that were never made.</summary>
    public IEnumerable<string> Unused => _rules
        .SelectMany(rule => rule.Resources.SelectMany(resource => rule.Verbs.Select(verb => $"{verb} {rule.Group}/{resource}")))
        .Except(_used.Keys)
        .Order(StringComparer.Ordinal);

    /// <summary>Number of accepted requests, by "verb group/resource".</summary>
    public IReadOnlyDictionary<string, int> Asked => new Dictionary<string, int>(_used, StringComparer.Ordinal);

    public static async Task<RbacProxy> StartAsync(Uri target, string component = MeetComponents.Operator)
    {
        var proxy = new RbacProxy(target, component);
        await proxy._server.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
        _upstream.Dispose();
    }

    private static RbacRuleAttribute[] Rules(string component) =>
        [.. typeof(OperatorHost).Assembly.GetCustomAttributes<RbacRuleAttribute>().Where(rule => rule.Component == component)];

    private async Task ForwardAsync(HttpContext context)
    {
        var (verb, group, resource, name, place) = Parse(context.Request);
        var asked = $"{verb} {group}/{resource}";
        await Hold;
        var rules = Bound.ContainsKey(place) ? _rules.Concat(Rules(MeetComponents.TenantSecrets)) : _rules;
        if (AlsoGrant?.Invoke(verb, resource) != true && !rules.Any(rule => rule.Group == group && rule.Resources.Contains(resource) && rule.Verbs.Contains(verb) && (rule.ResourceNames.Length == 0 || rule.ResourceNames.Contains(name))
            && (!rule.OwnNamespace || place == OperatorNamespace)))
        {
            _rejected[asked] = true;
            context.Response.StatusCode = 403;
            await context.Response.WriteAsJsonAsync(new Status { Outcome = "Failure", Reason = "Forbidden", Code = 403, Message = $"{verb} {resource} is not granted" }, KubeJson.Options);
            return;
        }

        if (Reject?.Invoke(verb, resource) is { } message)
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsJsonAsync(new Status { Outcome = "Failure", Reason = "Forbidden", Code = 403, Message = message }, KubeJson.Options);
            return;
        }

        if (Fail?.Invoke(verb, resource) == true)
        {
            context.Response.StatusCode = 500;
            return;
        }

        await (Before?.Invoke(verb, resource) ?? Task.CompletedTask);
        _used.AddOrUpdate(asked, 1, static (_, count) => count + 1);
        if (context.Request.ContentType?.StartsWith("application/apply-patch", StringComparison.Ordinal) == true)
        {
            // An apply that creates the object requires the create permission as well.
            _used.TryAdd($"create {group}/{resource}", 1);
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_target, context.Request.Path + context.Request.QueryString));
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        try
        {
            using var response = await _upstream.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            await using var body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
            var buffer = new byte[16 * 1024];
            for (int read; (read = await body.ReadAsync(buffer, context.RequestAborted)) > 0;)
            {
                await Hold;
                await (verb == "watch" && DelayWatch?.Invoke(resource) is { } delay ? delay : Task.CompletedTask);
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or HttpRequestException or IOException)
        {
            context.Abort();
        }
    }

    /// <summary>Parses /api/v1/… and /apis/group/version/… like the API server's authorizer.</summary>
    private static (string Verb, string Group, string Resource, string Name, string Namespace) Parse(HttpRequest request)
    {
        var parts = request.Path.Value!.Trim('/').Split('/');
        var group = parts[0] == "api" ? string.Empty : parts[1];
        var rest = parts[(parts[0] == "api" ? 2 : 3)..];
        var place = string.Empty;
        if (rest is ["namespaces", _, _, ..])
        {
            (place, rest) = (rest[1], rest[2..]);
        }

        var named = rest.Length > 1;
        var verb = request.Method switch
        {
            "GET" when request.Query["watch"] == "true" => "watch",
            "GET" => named ? "get" : "list",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            _ => "delete",
        };
        return (verb, group, rest.Length > 2 ? $"{rest[0]}/{rest[2]}" : rest[0], named ? rest[1] : string.Empty, place);
    }
}
