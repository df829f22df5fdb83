using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace MeetOperator.Signaling.Pages;

/// <summary>
/// Serves the web app: the same document for <c>/</c> and <c>/m/{id}</c>, assets that can be cached forever, and all other files of the folder.
/// </summary>
internal static class WebPages
{
    private const string Immutable = "public, max-age=31536000, immutable";

    public static void Use(WebApplication app, string root)
    {
        var files = new PhysicalFileProvider(Path.GetFullPath(root));
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            ContentTypeProvider = Types(),
            OnPrepareResponse = context => context.Context.Response.Headers.CacheControl = CachingOf(context.Context.Request.Path),
        });
        app.MapGet("/", Page).ExcludeFromDescription();
        app.MapGet("/m/{id}", Page).ExcludeFromDescription();

        async Task Page(HttpContext context)
        {
            var index = files.GetFileInfo("index.html");
            if (!index.Exists)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.SendFileAsync(index, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Files of unknown types are not served, so the type of the model that finds the person in front of a camera is added.</summary>
    private static FileExtensionContentTypeProvider Types() => new() { Mappings = { [".tflite"] = "application/octet-stream" } };

    /// <summary>File names under <c>/assets/</c> contain a content hash, so these files never change. Other files are revalidated.</summary>
    internal static string CachingOf(PathString path) =>
        path.StartsWithSegments("/assets", StringComparison.Ordinal) ? Immutable : path.Value?.EndsWith("index.html", StringComparison.Ordinal) == true ? "no-store" : "no-cache";
}
