package io.millrace.platform.demo.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CyclomaticComplexityTest {

  @Test
  void countsJavaDecisionsInTheFunctionTheyBelongTo() {
    String java =
        """
        package a;
        @Deprecated(since = "{ if (")
        class A<T extends Comparable<? super T>> {
          private final java.util.List<?> list = null;
          static { if (true) {} }
          Runnable field = () -> { if (x) {} };
          A() { super(); }
          int plain() { return 1; }
          @Foo({1, 2}) <X> X many(int a, Map<?, ? extends X> m) throws E {
            for (int i = 0; i < 3; i++) { while (a > 0 && b || c) { } }
            int[] array = {1, 2};
            call(Foo.class, () -> { if (a) {} });
            try { } catch (E e) { } finally { }
            return switch (a) { case 1, 2 -> a ? b : c; case 3 -> d; default -> e; };
          }
          Object inner() {
            record R(int x) { R { if (x < 0) {} } }
            return new java.util.ArrayList<String>(3) { boolean add(String s) { return s == null ? a : b; } };
          }
          enum E { X(1) { void f() { if (a) {} } }, Y; E() {} }
          interface I { void none(); default void foreach() {} }
        }
        """;
    assertThat(measure("A.java", java))
        .containsExactlyInAnyOrder(
            "A.static initialiser 2",
            "A.field 2",
            "A.A 1",
            "A.plain 1",
            "A.many 10",
            "A.inner 1",
            "A.inner.R.R 2",
            "A.inner.ArrayList.add 2",
            "A.E.X.f 2",
            "A.E.E 1",
            "A.I.foreach 1");
  }

  @Test
  void countsScriptFunctionsWithTypesTemplatesAndPatterns() {
    String script =
        """
        export const f = async (x: string, y?: number): Promise<void> => { if (x && y) { } };
        function g<T>(a: T): T[] { for (const b of c) { } return a ?? []; }
        class K { h(): string { return `${ok ? `in ${z || 1}` : ''}`; }
          get v() { return /if (a) { [/]/.test("if (x) {"); } }
        const o = { m() { try {} catch (e) {} }, p: (a) => { return a?.b; }, if: 1 };
        """;
    assertThat(measure("a.ts", script)).containsExactly("f 3", "g 3", "h 3", "v 1", "m 2", "p 1");
  }

  @Test
  void countsGoFunctionsWithTheirLiterals() {
    String go =
        """
        type I interface { F(x int) error }
        func (r *R[T]) Foo(a int, f func(int) bool) (x int, err error) {
          if a > 0 && f(a) { for i := range x {} }
          switch { case a: default: }
        }
        func bar() interface{} { g := func() { if true {} }; return g }
        """;
    assertThat(measure("a.go", go)).containsExactly("R.Foo 5", "bar 2");
  }

  @Test
  void countsPythonFunctionsByIndentation() {
    String python =
        """
        class A:
            def f(self, x):
                '''if'''
                if x and \\
                    y: return [i for i in x if i]
                def inner():
                    while True: pass
                return 1 if x else 2
            async def g(self):
                match x:
                    case 1:
                        pass
                    case _:
                        pass
        def h(): return "if"
        """;
    assertThat(measure("a.py", python)).containsExactly("A.f.inner 2", "A.f 6", "A.g 2", "h 1");
  }

  @Test
  void countsCFunctionsAndNeitherTypesNorMacros() {
    String c =
        """
        #define FOO(a) do { if (a) { \\
           b(); } while (0)
        struct foo { int a; };
        static struct foo *bar(int x) __attribute__((noinline));
        static struct foo *bar(int x)
        {
          if (x && 'a' == x) { for (;;) { } }
          return x ? 0 : 1;
        }
        int array[] = { 1, 2 };
        """;
    assertThat(measure("a.c", c)).containsExactly("bar 5");
    String cpp =
        """
        namespace a { class X : public Y<int(int)> {
          ~X() {} bool operator()(int x) const { return x > 0 && x < 3; }
          void f(std::string&& s) noexcept { auto l = [&](int q) { return q ? 1 : 2; }; } };
        T X::g(T&& t) { while (true) { } } const char* r = R"x(if (a) { )x"; }
        """;
    assertThat(measure("a.cpp", cpp))
        .containsExactly("a.X.~X 1", "a.X.operator() 2", "a.X.f 2", "a.X::g 2");
  }

  @Test
  void countsCSharpMethodsAndAccessors() {
    String csharp =
        """
        namespace N { [Attr("x")] public class A {
          public int P { get { return a ?? b; } set { } }
          void M(int? x) { foreach (var a in b) { if (c) { } } } } }
        """;
    assertThat(measure("A.cs", csharp)).containsExactly("N.A.P.get 2", "N.A.P.set 1", "N.A.M 3");
  }

  @Test
  void summarisesTheWholeTree(@TempDir Path root) throws IOException {
    Trees.write(root, "A.java", "class A { void a() {} void b() { if (x) {} if (y) {} } }");
    Trees.write(root, "b.txt", "if if if");
    ObjectNode result = new CyclomaticComplexity().run(root, AnalysisOptions.DEFAULT.withTop(1));
    assertThat(result.path("summary").path("functions").asInt()).isEqualTo(2);
    assertThat(result.path("summary").path("mean").asDouble()).isEqualTo(2.0);
    assertThat(result.path("summary").path("max").asInt()).isEqualTo(3);
    assertThat(result.path("most_complex")).hasSize(1);
    assertThat(result.path("most_complex").get(0).path("function").asText()).isEqualTo("A.b");
  }

  @Property(tries = 200)
  void takesAnyText(@ForAll Language language, @ForAll @StringLength(max = 200) String text) {
    SourceFile file = new SourceFile("x", language, "class A { void f() { " + text, 1);
    assertThat(CyclomaticComplexity.functions(file)).allMatch(f -> f.complexity() >= 1);
  }

  private static List<String> measure(String path, String text) {
    SourceFile file = new SourceFile(path, Language.ofFile(path), text, text.length());
    return CyclomaticComplexity.functions(file).stream()
        .map(f -> f.name() + " " + f.complexity())
        .toList();
  }
}
