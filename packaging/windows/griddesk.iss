; The installer for Windows, made from an unpacked kit by Inno Setup 6:
;
;     iscc /DKit=C:\kits\griddesk-0.1.0-win32-amd64 packaging\windows\griddesk.iss
;     iscc /DKit=… /DGpu=C:\kits\griddesk-0.1.0-win32-amd64-gpu …    with its GPU component
;
; It installs for everybody, or for one user who is no administrator. An upgrade keeps
; settings and journal, which lie in each user's own folder; an older version is refused;
; uninstalling leaves them. Compare the kit with what was handed over before it is packed
; here (its README.txt has the commands); nothing here does. The installer itself is to be
; signed with the organisation's certificate.

#ifndef Kit
  #error "Name the unpacked kit: iscc /DKit=FOLDER griddesk.iss"
#endif
#define Handle FileOpen(Kit + "\griddesk\VERSION")
#define Version Trim(FileRead(Handle))
#expr FileClose(Handle)
#define Setup "griddesk-" + Version + "-setup"
#define Excluded ""

#ifdef Gpu
  #if GetMD5OfFile(Gpu + "\KIT") != GetMD5OfFile(Kit + "\SHA256SUMS")
    #error "This GPU component was not made together with this kit"
  #endif
  #define Setup "griddesk-" + Version + "-gpu-setup"
  ; What the program with CUDA has not, as patterns of files that are not packed.
  #define Removed FileOpen(Gpu + "\REMOVED")
  #define Line ""
  #sub Exclude
    #define public Line Trim(FileRead(Removed))
    #define public Excluded Excluded + StringChange(Copy(Line, Len("griddesk/")), "/", "\") + ","
  #endsub
  #for {0; !FileEof(Removed); 0} Exclude
  #expr FileClose(Removed)
#endif
#define Id "{2E0E54B6-7F0B-4C36-9C1E-6D1A2C0B7D54}"

[Setup]
AppId={{#emit Id}
AppName=GridDesk
AppVersion={#Version}
AppVerName=GridDesk {#Version}
AppPublisher=GridDesk authors
VersionInfoVersion={#Version}
DefaultDirName={autopf}\GridDesk
DefaultGroupName=GridDesk
DisableProgramGroupPage=yes
PrivilegesRequired=admin
PrivilegesRequiredOverridesAllowed=dialog commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
OutputBaseFilename={#Setup}
SetupIconFile={#Kit}\griddesk\_internal\resources\icons\griddesk.ico
UninstallDisplayIcon={app}\griddesk-desk.exe
LicenseFile={#Kit}\griddesk\LICENSE
Compression=lzma2/normal
SolidCompression=yes
#ifdef Gpu
; More than fits into one executable.
DiskSpanning=yes
#endif
CloseApplications=yes
RestartApplications=no
WizardStyle=modern

[Languages]
; Comes with newer compilers; older ones show their own pages in English.
#if FileExists(AddBackslash(CompilerPath) + "Languages\\ChineseSimplified.isl")
Name: "zh"; MessagesFile: "compiler:Languages\ChineseSimplified.isl"
#else
Name: "en"; MessagesFile: "compiler:Default.isl"
#endif

[Files]
Source: "{#Kit}\griddesk\*"; DestDir: "{app}"; Excludes: "{#Excluded}"; Flags: ignoreversion recursesubdirs createallsubdirs
#ifdef Gpu
; Later in the list: what both have is the component's in the end.
Source: "{#Gpu}\griddesk\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs
#endif

[InstallDelete]
; What an older version had and this one has not must not be loaded by it.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{autoprograms}\GridDesk 巡检席"; Filename: "{app}\griddesk-desk.exe"
Name: "{autodesktop}\GridDesk 巡检席"; Filename: "{app}\griddesk-desk.exe"; Tasks: desktopicon

[Tasks]
Name: desktopicon; Description: "{cm:OnDesktop}"

[Run]
Filename: "{app}\griddesk-desk.exe"; Description: "{cm:OpenNow}"; Flags: nowait postinstall skipifsilent

[CustomMessages]
OnDesktop=在桌面上放置图标
OpenNow=打开 GridDesk
NoDowngrade=已安装 GridDesk %1, 比这个安装包 (%2) 新: 不能降级, 没有改动。%n%n新版本写过的设置和日志旧版本可能读不了。确需旧版本时, 请先卸载并用备份恢复数据。
NoGpu=已安装的版本带有 GPU 组件, 这个安装包没有: 没有改动。%n%n请使用带 GPU 组件的安装包 (…-gpu-setup); 以后确实不再用 GPU 时, 运行安装程序时加 /NOGPU=yes。
DataStays=设置、巡检日志和导入的模型没有删除, 仍在各用户的数据文件夹 (AppData\Local\GridDesk) 里。

[Code]
const
  UninstallKey = 'Software\Microsoft\Windows\CurrentVersion\Uninstall\{#Id}_is1';

function InstalledVersion(): String;
begin
  if not RegQueryStringValue(HKA, UninstallKey, 'DisplayVersion', Result) then
    Result := '';
end;

{ The number before the next dot; what was read is cut off. }
function NextNumber(var Rest: String): Integer;
var
  Dot: Integer;
begin
  Dot := Pos('.', Rest);
  if Dot = 0 then
    Dot := Length(Rest) + 1;
  Result := StrToIntDef(Copy(Rest, 1, Dot - 1), 0);
  Delete(Rest, 1, Dot);
end;

function IsOlder(One, Other: String): Boolean;
var
  Mine, Theirs: Integer;
begin
  Result := False;
  while (One <> '') or (Other <> '') do
  begin
    Mine := NextNumber(One);
    Theirs := NextNumber(Other);
    if Mine <> Theirs then
    begin
      Result := Mine < Theirs;
      Exit;
    end;
  end;
end;

function LosesGpu(): Boolean;
#ifndef Gpu
var
  Folder: String;
#endif
begin
  Result := False;
#ifndef Gpu
  if RegQueryStringValue(HKA, UninstallKey, 'InstallLocation', Folder) then
    Result := FileExists(AddBackslash(Folder) + '_internal\torch\lib\torch_cuda.dll')
      and (ExpandConstant('{param:NOGPU|no}') <> 'yes');
#endif
end;

function InitializeSetup(): Boolean;
var
  Installed: String;
begin
  Installed := InstalledVersion();
  Result := (Installed = '') or not IsOlder('{#Version}', Installed);
  if not Result then
    SuppressibleMsgBox(FmtMessage(CustomMessage('NoDowngrade'), [Installed, '{#Version}']),
      mbError, MB_OK, IDOK)
  else if LosesGpu() then
  begin
    Result := False;
    SuppressibleMsgBox(CustomMessage('NoGpu'), mbError, MB_OK, IDOK);
  end;
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
begin
  if CurUninstallStep = usPostUninstall then
    SuppressibleMsgBox(CustomMessage('DataStays'), mbInformation, MB_OK, IDOK);
end;
